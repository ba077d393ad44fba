import TTRPC

/// A number of messages and their bytes.
struct ClientQueueSize {
  var messages = 0
  var bytes = 0

  mutating func add(_ size: Int) {
    messages += 1
    bytes += size
  }
}

/// What the tasks of a streaming call share with its loop: messages that were received and not yet
/// read, room for messages to be sent, and who waits for either.
struct ClientStreamQueues {
  typealias Reader = CheckedContinuation<Result<[UInt8]?, RPCError>, Never>
  typealias Writer = CheckedContinuation<RPCError?, Never>

  enum Admission {
    case admitted
    case full
    case refused(RPCError)
  }

  private enum End {
    case well
    case failed(RPCError)
  }

  private var inbox: [[UInt8]] = []
  private var read = 0
  private var reader: Reader?
  private var taken = ClientQueueSize()
  private var outbox = ClientQueueSize()
  private var writers: [(writer: Writer, size: Int)] = []
  private var finish: End?

  /// Messages and bytes on the way to the socket, beyond which a sender waits.
  private static let outboundMessages = 64
  private static let outboundBytes = 256 << 10

  var hasEnded: Bool { finish != nil }

  /// What a reader gets now, or nil when it has to wait.
  mutating func take(orWait waiting: Reader) -> Result<[UInt8]?, RPCError>? {
    if read < inbox.count {
      let message = inbox[read]
      inbox[read] = []
      read += 1
      if read == inbox.count || read >= 64 {
        inbox.removeFirst(read)
        read = 0
      }
      return .success(message)
    }
    switch finish {
    case .well: return .success(nil)
    case .failed(let error): return .failure(error)
    case nil: break
    }
    guard reader == nil else {
      return .failure(
        RPCError(
          code: .failedPrecondition,
          message: "another task already waits for this stream"
        )
      )
    }
    reader = waiting
    return nil
  }

  /// Counts a message that was read; returns what has to be reported, if it is enough.
  mutating func took(_ bytes: Int, limits: ClientLimits) -> ClientQueueSize? {
    taken.add(bytes)
    guard
      taken.messages >= max(1, limits.queuedMessages / 4)
        || taken.bytes >= max(1, limits.queuedBytes / 4)
    else { return nil }
    defer { taken = ClientQueueSize() }
    return taken
  }

  /// Keeps a message, or returns the reader who waits for it.
  mutating func deliver(_ message: [UInt8]) -> Reader? {
    if let waiting = reader {
      reader = nil
      return waiting
    }
    inbox.append(message)
    return nil
  }

  /// Drops what was not read: the caller has given the call up.
  mutating func discard() {
    inbox = []
    read = 0
  }

  /// The first end counts. Returns who waited.
  mutating func end(_ error: RPCError?) -> (reader: Reader?, writers: [Writer]) {
    guard finish == nil else { return (nil, []) }
    finish = error.map { .failed($0) } ?? .well
    defer {
      reader = nil
      writers = []
    }
    return (reader, writers.map(\.writer))
  }

  /// Room for a message of `size` bytes. One message always fits into an empty queue.
  mutating func admit(_ size: Int) -> Admission {
    switch finish {
    case .well: return .refused(.callIsOver)
    case .failed(let error): return .refused(error)
    case nil: break
    }
    guard writers.isEmpty, hasRoom(size) else { return .full }
    outbox.add(size)
    return .admitted
  }

  mutating func admit(_ size: Int, orWait writer: Writer) -> Admission {
    let admission = admit(size)
    if case .full = admission { writers.append((writer, size)) }
    return admission
  }

  /// The socket has taken messages. Returns the writers that may go on now.
  mutating func release(_ size: ClientQueueSize) -> [Writer] {
    outbox.messages -= size.messages
    outbox.bytes -= size.bytes
    var admitted: [Writer] = []
    while let first = writers.first, hasRoom(first.size) {
      outbox.add(first.size)
      admitted.append(first.writer)
      writers.removeFirst()
    }
    return admitted
  }

  private func hasRoom(_ size: Int) -> Bool {
    outbox.messages == 0
      || (outbox.messages < Self.outboundMessages && outbox.bytes + size <= Self.outboundBytes)
  }
}

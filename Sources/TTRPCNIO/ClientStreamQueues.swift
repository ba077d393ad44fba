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

/// The state that the tasks of a streaming call share with its loop: received messages, room for
/// messages to send, and the tasks that wait for either.
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

  /// The most messages on the way to the socket; a sender waits for room.
  private static let maxOutboundMessages = 64
  /// The most bytes on the way to the socket. One larger message is accepted into an empty queue.
  private static let maxOutboundBytes = 256 << 10

  var hasEnded: Bool { finish != nil }

  /// Returns the result for a reader, or nil if it must wait; then `waiting` is resumed later.
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

  /// Records a message that was read. Returns the consumption to report, or nil if it is too small.
  mutating func took(_ bytes: Int, limits: ClientLimits) -> ClientQueueSize? {
    taken.add(bytes)
    guard
      taken.messages >= max(1, limits.queuedMessages / 4)
        || taken.bytes >= max(1, limits.queuedBytes / 4)
    else { return nil }
    defer { taken = ClientQueueSize() }
    return taken
  }

  /// Queues a message. If a reader waits, returns that reader instead and keeps nothing.
  mutating func deliver(_ message: [UInt8]) -> Reader? {
    if let waiting = reader {
      reader = nil
      return waiting
    }
    inbox.append(message)
    return nil
  }

  /// Drops unread messages, because the caller has cancelled the call.
  mutating func discard() {
    inbox = []
    read = 0
  }

  /// Ends the stream; only the first end has an effect. Returns the tasks that waited.
  mutating func end(_ error: RPCError?) -> (reader: Reader?, writers: [Writer]) {
    guard finish == nil else { return (nil, []) }
    finish = error.map { .failed($0) } ?? .well
    defer {
      reader = nil
      writers = []
    }
    return (reader, writers.map(\.writer))
  }

  /// Reserves room for a message of `size` bytes. An empty queue accepts a message of any size.
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

  /// Releases the room of messages that the socket has taken. Returns the writers to resume; room
  /// is reserved for them.
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
      || (outbox.messages < Self.maxOutboundMessages
        && outbox.bytes + size <= Self.maxOutboundBytes)
  }
}

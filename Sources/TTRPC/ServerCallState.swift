/// A call that waits for its answer.
struct ServerCallState {
  let kind: MethodKind
  let deadline: ContinuousClock.Instant?
  /// True once the client has closed its side.
  var remoteClosed = false
  /// The messages that the handler has not consumed.
  var queue = UnconsumedMessages()
  /// The bytes reserved for the answer of a unary call.
  var reserved = 0
  /// The response message of a client-streaming call, until the handler finishes.
  var reply: [UInt8]?
  /// The beginning of the call, for counters.
  var origin = CallOrigin()
  /// The owner of the call, and the places that it holds; nil for a caller without an identity.
  var ownership: CallOwnership?

  init(kind: MethodKind, deadline: ContinuousClock.Instant?) {
    self.kind = kind
    self.deadline = deadline
  }

  var takesMessages: Bool { kind == .clientStreaming || kind == .bidirectionalStreaming }
}

/// The sizes of a stream's messages that were delivered and not yet consumed, oldest first.
struct UnconsumedMessages {
  private var sizes: [Int] = []
  private var head = 0
  private(set) var bytes = 0

  var count: Int { sizes.count - head }

  mutating func add(_ size: Int) {
    sizes.append(size)
    bytes += size
  }

  /// Removes the oldest. Returns their bytes.
  mutating func remove(_ wanted: Int) -> Int {
    let before = bytes
    for _ in 0..<min(wanted, count) {
      bytes -= sizes[head]
      head += 1
    }
    if head == sizes.count {
      sizes.removeAll(keepingCapacity: true)
      head = 0
    } else if head > 64 {
      sizes.removeFirst(head)
      head = 0
    }
    return before - bytes
  }

  /// Returns true if a message of `size` bytes does not fit. An empty queue takes a message of any
  /// size.
  func isFull(adding size: Int, _ limits: Limits) -> Bool {
    count >= limits.streamQueueMessages
      || (count > 0 && bytes + size > limits.streamQueueBytes)
  }
}

/// The identity of a call on its connection. Slots are small numbers that are used again, so that a
/// driver can keep its state of a call in an array; the stream id tells an old call from the slot's
/// next one. A slot is reused only after the driver has taken the event that ends its call.
public struct ClientCallID: Sendable, Hashable {
  /// The stream id on the wire: odd, never used twice on a connection.
  public let stream: UInt32
  /// An array index, as small as the number of calls in flight allows.
  public let slot: Int
}

/// The state that a client connection keeps for each call.
struct ClientCallState {
  var stream: UInt32
  var kind: MethodKind
  /// True once the closing frame was sent, and for calls that send one request only.
  var localClosed: Bool
  /// True once a response message was delivered.
  var received = false
  /// Messages that were delivered and not yet consumed.
  var queuedMessages = 0
  /// Bytes of the messages that were delivered and not yet consumed.
  var queuedBytes = 0
  /// The time at which the queue became full, or nil while it has room.
  var fullSince: ContinuousClock.Instant?
}

/// The calls in flight, found by stream id or by slot.
struct ClientCallTable {
  private var slots: [ClientCallState?] = []
  private var free: [Int] = []
  private var byStream: [UInt32: Int] = [:]

  var count: Int { byStream.count }
  var isEmpty: Bool { byStream.isEmpty }

  mutating func insert(_ state: ClientCallState) -> ClientCallID {
    let slot: Int
    if let reused = free.popLast() {
      slot = reused
      slots[slot] = state
    } else {
      slot = slots.count
      slots.append(state)
    }
    byStream[state.stream] = slot
    return ClientCallID(stream: state.stream, slot: slot)
  }

  func find(_ stream: UInt32) -> ClientCallID? {
    byStream[stream].map { ClientCallID(stream: stream, slot: $0) }
  }

  func contains(_ stream: UInt32) -> Bool { byStream[stream] != nil }

  /// The state of a call, or nil if it has ended.
  subscript(id: ClientCallID) -> ClientCallState? {
    guard slots.indices.contains(id.slot), let state = slots[id.slot], state.stream == id.stream
    else { return nil }
    return state
  }

  /// Changes a call in place. Returns nil without calling `body` if the call has ended.
  mutating func update<R>(_ id: ClientCallID, _ body: (inout ClientCallState) -> R) -> R? {
    guard self[id] != nil else { return nil }
    return body(&slots[id.slot]!)
  }

  /// Ends a call. Its slot stays taken until ``release(_:)``: the driver may start calls before it
  /// has taken the event that ends this one.
  @discardableResult
  mutating func remove(_ id: ClientCallID) -> ClientCallState? {
    guard let state = self[id] else { return nil }
    slots[id.slot] = nil
    byStream[id.stream] = nil
    return state
  }

  /// Frees the slot of a removed call for reuse; at most once for each call.
  mutating func release(_ id: ClientCallID) { free.append(id.slot) }

  /// All calls, in the order in which they were started.
  var all: [ClientCallID] {
    byStream.map { ClientCallID(stream: $0.key, slot: $0.value) }
      .sorted { $0.stream < $1.stream }
  }
}

/// Names one call of one connection. Slots are small numbers that are used again, so that a driver
/// keeps its side of a call in an array; the stream id tells an old call from the slot's next one.
/// A slot is given to another call only after the driver has taken the event that ends its call.
public struct ClientCallID: Sendable, Hashable {
  /// The stream id on the wire: odd, never used twice on a connection.
  public let stream: UInt32
  /// An index, as small as the number of calls in flight allows.
  public let slot: Int
}

/// What a client connection keeps for each of its calls.
struct ClientCallState {
  var stream: UInt32
  var kind: MethodKind
  /// True once the closing frame was sent, and for calls that send one request only.
  var localClosed: Bool
  /// True once a response message was delivered.
  var received = false
  /// Messages and bytes that were delivered and not yet consumed.
  var queuedMessages = 0
  var queuedBytes = 0
  /// Since when the queue has been full.
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

  /// nil for calls that have ended.
  subscript(id: ClientCallID) -> ClientCallState? {
    guard slots.indices.contains(id.slot), let state = slots[id.slot], state.stream == id.stream
    else { return nil }
    return state
  }

  /// Changes a call in place; does nothing when it has ended.
  mutating func update<R>(_ id: ClientCallID, _ body: (inout ClientCallState) -> R) -> R? {
    guard self[id] != nil else { return nil }
    return body(&slots[id.slot]!)
  }

  /// Ends a call. Its slot stays taken until ``release(_:)``: the driver may not have heard of the
  /// end yet, and starts calls meanwhile.
  @discardableResult
  mutating func remove(_ id: ClientCallID) -> ClientCallState? {
    guard let state = self[id] else { return nil }
    slots[id.slot] = nil
    byStream[id.stream] = nil
    return state
  }

  /// Gives the slot of a call that was removed to others; once for each call.
  mutating func release(_ id: ClientCallID) { free.append(id.slot) }

  /// In the order in which the calls were made.
  var all: [ClientCallID] {
    byStream.map { ClientCallID(stream: $0.key, slot: $0.value) }
      .sorted { $0.stream < $1.stream }
  }
}

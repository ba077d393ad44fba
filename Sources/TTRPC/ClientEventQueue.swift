/// The events that wait for the driver, oldest first.
struct ClientEventQueue {
  private var events: [ClientEvent] = []
  private var taken = 0

  var isEmpty: Bool { taken == events.count }

  /// Appends an event that holds no pointers into the bytes read, because it outlives them.
  mutating func append(_ event: ClientEvent) { events.append(event) }

  mutating func popFirst() -> ClientEvent? {
    guard taken < events.count else { return nil }
    defer {
      taken += 1
      if taken == events.count {
        events.removeAll(keepingCapacity: taken <= 64)
        taken = 0
      }
    }
    return events[taken]
  }
}

internal import DequeModule
internal import PatronStore

/// The groups of one I/O loop that wait for a turn. Stores take turns, whatever number of groups
/// each has.
struct WatchQueue {
  private var groups: [StoreID: Deque<WatchGroup>] = [:]
  /// The stores that have groups, the next first.
  private var stores: Deque<StoreID> = []

  var isEmpty: Bool { stores.isEmpty }

  /// Adds a group, unless it waits already. With `goesOn` it is the next of its store: a page that
  /// is being sent is kept in memory.
  mutating func add(_ group: WatchGroup, goesOn: Bool = false) {
    guard !group.isQueued else { return }
    group.isQueued = true
    let store = group.places.source.topic.store
    if groups[store] == nil { stores.append(store) }
    if goesOn {
      groups[store, default: []].prepend(group)
    } else {
      groups[store, default: []].append(group)
    }
  }

  /// Removes and returns the next group.
  mutating func next() -> WatchGroup? {
    guard let store = stores.popFirst(), let group = groups[store]?.popFirst() else { return nil }
    if groups[store]?.isEmpty ?? true { groups[store] = nil } else { stores.append(store) }
    group.isQueued = false
    return group
  }
}

/// The deadlines of the calls of one connection, earliest first: a binary heap. Entries of calls
/// that end are not searched for: they stay until they surface or until most entries are stale, so
/// that adding and ending a call cost next to nothing.
struct ClientDeadlines {
  struct Entry {
    var at: ContinuousClock.Instant
    var stream: UInt32
  }

  private var heap: [Entry] = []

  var count: Int { heap.count }

  mutating func insert(_ at: ContinuousClock.Instant, stream: UInt32) {
    heap.append(Entry(at: at, stream: stream))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].at < heap[parent].at else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Returns the earliest deadline of a call in `calls`, or nil if no call has a deadline.
  mutating func next(_ calls: borrowing ClientCallTable) -> ContinuousClock.Instant? {
    while let first = heap.first {
      if calls.contains(first.stream) { return first.at }
      removeFirst()
    }
    return nil
  }

  /// Removes the entry of a call in `calls` whose deadline has passed and returns its stream, or
  /// nil if no deadline has passed.
  mutating func popExpired(
    _ now: ContinuousClock.Instant,
    _ calls: borrowing ClientCallTable
  ) -> UInt32? {
    while let first = heap.first {
      let live = calls.contains(first.stream)
      if live, first.at > now { return nil }
      removeFirst()
      if live { return first.stream }
    }
    return nil
  }

  /// Drops the entries of ended calls when they outnumber the others.
  mutating func compact(_ calls: borrowing ClientCallTable) {
    guard heap.count > 2 * calls.count + 64 else { return }
    var live: [Entry] = []
    live.reserveCapacity(calls.count)
    for entry in heap where calls.contains(entry.stream) { live.append(entry) }
    // A sorted array is a heap.
    live.sort { $0.at < $1.at }
    heap = live
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      let left = 2 * parent + 1
      let right = left + 1
      if left < heap.count, heap[left].at < heap[least].at { least = left }
      if right < heap.count, heap[right].at < heap[least].at { least = right }
      guard least != parent else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}

/// Watches with the same topic, selection and position: a page is read for all of them once. Used
/// on one I/O loop.
///
/// A watch whose stream is full leaves its group. A watch may be ahead of its group, but never
/// behind it: it does not get messages up to its own position.
final class WatchGroup {
  unowned let places: WatchPlaces
  private(set) var members: [OpenWatch] = []
  /// The position after the last page that was read.
  private(set) var position: Int64
  /// The position up to which every member has got its messages.
  private(set) var settled: Int64
  /// The number of the last read in the order of the loop's reads and wake-ups.
  private(set) var lastRead: UInt64 = 0
  /// The result of the last read, while it is being sent.
  private(set) var delivery: Result<WatchPage, any Error>?
  /// The number of members that the delivery has not reached: those before this index.
  private var untold = 0
  /// The lowest sequence committed since the last read began; nil if there was no commit. Only the
  /// live group is notified of commits, because the others read on in any case.
  var news: Int64?
  /// True if the last read reached the end of its snapshot, and its page was sent.
  private(set) var isCaughtUp = false
  /// True while the group waits for its next turn.
  var isQueued = false

  init(
    _ places: WatchPlaces,
    position: Int64
  ) {
    self.places = places
    self.position = position
    settled = position
  }

  // MARK: Members

  func add(_ watch: OpenWatch) {
    watch.group = self
    watch.index = members.count
    members.append(watch)
  }

  /// Removes a member. The watch takes the group's position with it.
  func remove(_ watch: OpenWatch) {
    watch.group = nil
    watch.position = max(watch.position, settled)
    // A member that has got the page may move to the place of one that has not: it will be reached
    // again, and its position lets it skip the page.
    let last = members.removeLast()
    if last !== watch {
      last.index = watch.index
      members[watch.index] = last
    }
    untold = min(untold, members.count)
  }

  /// Moves all members to another group.
  func move(to other: WatchGroup) {
    for watch in members {
      watch.position = max(watch.position, settled)
      other.add(watch)
    }
    members = []
  }

  // MARK: Reads

  /// Begins the read with this number. Returns the position to read after. Clears the noted commits
  /// before they are read, so that a commit during the read is noted again. A caught-up group skips
  /// to the lowest noted commit: every commit of its topic is noted, so nothing lies in between.
  func beginRead(_ number: UInt64) -> Int64 {
    if let news, isCaughtUp { position = max(position, news - 1) }
    news = nil
    isCaughtUp = false
    lastRead = number
    return position
  }

  /// Begins to send the result of the read.
  func deliver(_ result: Result<WatchPage, any Error>) {
    if case .success(let page) = result { position = max(position, page.position) }
    delivery = result
    // A page without messages has nothing to tell.
    if case .success(let page) = result, page.messages.isEmpty { return untold = 0 }
    untold = members.count
  }

  /// Returns the next member to be told, or nil after the last.
  func nextUntold() -> OpenWatch? {
    guard untold > 0 else { return nil }
    untold -= 1
    return members[untold]
  }

  var isDelivered: Bool { untold == 0 }

  /// Notes the end of a delivery.
  func endDelivery() {
    if case .success(let page) = delivery {
      settled = position
      isCaughtUp = page.isCaughtUp
    }
    delivery = nil
  }

  /// Moves a caught-up group without news to a later position: its topic has no event up to there.
  func skip(to sequence: Int64) {
    position = max(position, sequence)
    settled = position
  }
}

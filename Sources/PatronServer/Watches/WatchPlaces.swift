/// The groups of the watches with the same topic and selection. Used on one I/O loop.
///
/// The live group has caught up, or reads what was committed since. Every other group is behind,
/// and joins it as soon as it has caught up.
final class WatchPlaces {
  unowned let topic: LoopTopic
  let selection: WatchSelection
  let source: any WatchSource
  /// The number of watches, those with a full stream included.
  var count = 0
  private(set) var live: WatchGroup?
  /// The other groups by their position, while they wait for their next read.
  private var behind: [Int64: WatchGroup] = [:]

  init(
    _ topic: LoopTopic,
    _ source: any WatchSource
  ) {
    self.topic = topic
    selection = source.selection
    self.source = source
  }

  /// Adds a watch to the group at its position. Returns the group if it must be read.
  func place(_ watch: OpenWatch) -> WatchGroup? {
    // The live group reads everything behind its position.
    if let live, watch.position >= live.position {
      live.add(watch)
      return nil
    }
    let group = behind[watch.position] ?? WatchGroup(self, position: watch.position)
    behind[watch.position] = group
    group.add(watch)
    return group
  }

  /// Notes that the next read of a group begins: other watches cannot join it at its position.
  func beginRead(of group: WatchGroup) {
    if behind[group.position] === group { behind[group.position] = nil }
  }

  /// Finds the place of a group whose page was sent. Returns the group that must be read next, or
  /// nil.
  func settle(_ group: WatchGroup) -> WatchGroup? {
    if group.members.isEmpty {
      drop(group)
      return nil
    }
    if group === live { return group.isCaughtUp && group.news == nil ? nil : group }
    if group.isCaughtUp, join(group) { return nil }
    guard let other = behind[group.position] else {
      behind[group.position] = group
      return group
    }
    group.move(to: other)
    return other
  }

  /// Makes a caught-up group live, or a part of the live group. Returns false if the live group may
  /// have read a commit that this group has not.
  private func join(_ group: WatchGroup) -> Bool {
    guard let live else {
      guard topic.lastWakeUp < group.lastRead else { return false }
      live = group
      return true
    }
    let isLater = group.lastRead > live.lastRead && group.lastRead > topic.lastWakeUp
    guard isLater || group.position >= live.position else { return false }
    group.move(to: live)
    return true
  }

  /// Forgets a group without members.
  func drop(_ group: WatchGroup) {
    if live === group { live = nil }
    if behind[group.position] === group { behind[group.position] = nil }
  }
}

/// The watches of one topic on one I/O loop.
final class LoopTopic {
  let news: TopicNews
  /// The number of the last wake-up in the order of the loop's reads and wake-ups.
  var lastWakeUp: UInt64 = 0
  private(set) var selections: [WatchSelection: WatchPlaces] = [:]

  init(_ news: TopicNews) { self.news = news }

  /// Returns the places of the watches that are like `source`.
  func places(of source: any WatchSource) -> WatchPlaces {
    if let places = selections[source.selection] { return places }
    let places = WatchPlaces(self, source)
    selections[source.selection] = places
    return places
  }

  /// Forgets places without watches.
  func remove(_ places: WatchPlaces) { selections[places.selection] = nil }
}

internal import Synchronization

/// The commits of a topic that the watches of one loop have not read yet. The writer's thread notes
/// them, the loop takes them.
final class TopicNews: Sendable {
  let topic: WatchTopic
  let loop: LoopHandle
  /// The lowest sequence noted since the loop last took it; nil if there was no commit.
  private let lowest = Mutex<Int64?>(nil)

  init(
    _ topic: WatchTopic,
    _ loop: LoopHandle
  ) {
    self.topic = topic
    self.loop = loop
  }

  /// Notes a commit of events from the sequence `low` on. Returns true if the loop must be woken:
  /// commits that follow before it takes them cost no further wake-up.
  func note(_ low: Int64) -> Bool {
    lowest.withLock { lowest in
      defer { lowest = min(lowest ?? low, low) }
      return lowest == nil
    }
  }

  /// Returns the lowest sequence noted since the last call, or nil if there was no commit.
  func take() -> Int64? {
    lowest.withLock { lowest in
      defer { lowest = nil }
      return lowest
    }
  }

  var isEmpty: Bool { lowest.withLock { $0 == nil } }
}

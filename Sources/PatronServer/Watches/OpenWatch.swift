internal import Synchronization
package import TTRPC

/// A client's open watch. The writer's thread only notes commits here; everything else happens on
/// the I/O loop of the watch's connection.
package final class OpenWatch: Sendable {
  package let source: any WatchSource
  package let topic: WatchTopic
  package let stream: any ServerStream
  package let loop: LoopHandle
  let call: CallContext
  private let state: Mutex<State>

  private struct State {
    /// The position of the watch: every event up to this sequence was sent or is not requested.
    var position: Int64
    /// The lowest sequence committed since the last read began; nil if there was no commit.
    var news: Int64?
    /// True if the last read reached the end of its snapshot.
    var isCaughtUp = false
    /// True if the stream's queue is full.
    var isBlocked = false
    /// True if another read is scheduled.
    var isScheduled = false
    var lastSent = ContinuousClock.now
  }

  package init(
    _ source: any WatchSource,
    _ stream: any ServerStream,
    _ loop: LoopHandle,
    _ call: CallContext
  ) {
    self.source = source
    self.topic = source.topic
    self.stream = stream
    self.loop = loop
    self.call = call
    state = Mutex(State(position: source.start))
  }

  // MARK: Commits

  /// Notes a commit of events from the sequence `low` on. Returns true if the watch must be woken.
  package func note(_ low: Int64) -> Bool {
    state.withLock { state in
      defer { state.news = min(state.news ?? low, low) }
      return state.news == nil
    }
  }

  var hasNews: Bool { state.withLock { $0.news != nil } }

  // MARK: Reads

  /// Returns the position to read after, or nil if there is nothing to do now. Clears the noted
  /// commits before they are read, so that a commit during the read is noted again. A caught-up
  /// watch skips to the lowest noted commit: every commit of its topic is noted, so nothing lies in
  /// between.
  func beginRead() -> Int64? {
    state.withLock { state in
      if state.isBlocked || state.isScheduled { return nil }
      if let low = state.news, state.isCaughtUp { state.position = max(state.position, low - 1) }
      state.news = nil
      return state.position
    }
  }

  /// Notes the end of a read. Returns true if another read must follow; call ``goOn()`` before it.
  func endRead(_ page: WatchPage) -> Bool {
    state.withLock { state in
      state.position = max(state.position, page.position)
      state.isCaughtUp = page.end == .caughtUp
      if page.end == .isFull { state.isBlocked = true }
      state.isScheduled = page.end == .hasMore
      return state.isScheduled
    }
  }

  /// Allows the next read.
  func goOn() { state.withLock { $0.isScheduled = false } }

  /// Notes that the stream has room again.
  func unblock() { state.withLock { $0.isBlocked = false } }

  /// Sends a message. Returns false if there is no room for another.
  package func send(_ message: [UInt8]) -> Bool {
    state.withLock { $0.lastSent = .now }
    return stream.send(message)
  }

  // MARK: Heartbeats

  /// Returns true if nothing was sent since `instant` although there was room.
  func isQuiet(since instant: ContinuousClock.Instant) -> Bool {
    state.withLock { !$0.isBlocked && $0.lastSent <= instant }
  }

  /// Sends the client its position. If the watch has caught up, the position first moves to
  /// `sequence`.
  func sendHeartbeat(upTo sequence: Int64? = nil) {
    let position = state.withLock { state in
      if let sequence, state.isCaughtUp { state.position = max(state.position, sequence) }
      return state.position
    }
    if !send(source.heartbeat(at: position)) { state.withLock { $0.isBlocked = true } }
  }
}

internal import Synchronization
package import TTRPC

/// One client's subscription. Commits leave a note from the writer's thread; everything else
/// happens on the I/O loop of its connection.
package final class OpenWatch: Sendable {
  package let source: any WatchSource
  package let topic: WatchTopic
  package let stream: any ServerStream
  package let loop: LoopHandle
  let call: CallContext
  private let state: Mutex<State>

  private struct State {
    /// Everything up to this sequence was sent or is not asked for.
    var position: Int64
    /// The lowest sequence that was committed since the last read began.
    var news: Int64?
    /// The last read found the end of its snapshot.
    var isCaughtUp = false
    /// The stream's queue is full.
    var isBlocked = false
    /// Another read is on its way.
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

  /// Notes a commit of events from the sequence `low` on. True when the watch has to be woken.
  package func note(_ low: Int64) -> Bool {
    state.withLock { state in
      defer { state.news = min(state.news ?? low, low) }
      return state.news == nil
    }
  }

  var hasNews: Bool { state.withLock { $0.news != nil } }

  // MARK: Reads

  /// Where to read on; nil when there is nothing to be done now. Takes the news before they are
  /// read. A watch that had seen everything goes straight there: every commit of its topic would
  /// have told it, so there is nothing in between.
  func beginRead() -> Int64? {
    state.withLock { state in
      if state.isBlocked || state.isScheduled { return nil }
      if let low = state.news, state.isCaughtUp { state.position = max(state.position, low - 1) }
      state.news = nil
      return state.position
    }
  }

  /// Notes how far a read got. True when another one is to follow, which ``goOn()`` comes before.
  func endRead(_ page: WatchPage) -> Bool {
    state.withLock { state in
      state.position = max(state.position, page.position)
      state.isCaughtUp = page.end == .caughtUp
      if page.end == .isFull { state.isBlocked = true }
      state.isScheduled = page.end == .hasMore
      return state.isScheduled
    }
  }

  /// The next read may begin.
  func goOn() { state.withLock { $0.isScheduled = false } }

  /// The stream has room again.
  func unblock() { state.withLock { $0.isBlocked = false } }

  /// Sends a message; false when there is no room for another one.
  package func send(_ message: [UInt8]) -> Bool {
    state.withLock { $0.lastSent = .now }
    return stream.send(message)
  }

  // MARK: Heartbeats

  /// Whether nothing was sent since `instant`, though there was room.
  func isQuiet(since instant: ContinuousClock.Instant) -> Bool {
    state.withLock { !$0.isBlocked && $0.lastSent <= instant }
  }

  /// Tells the client how far it has everything: up to `sequence` too, when the watch has caught up
  /// with what it was told of.
  func sendHeartbeat(upTo sequence: Int64? = nil) {
    let position = state.withLock { state in
      if let sequence, state.isCaughtUp { state.position = max(state.position, sequence) }
      return state.position
    }
    if !send(source.heartbeat(at: position)) { state.withLock { $0.isBlocked = true } }
  }
}

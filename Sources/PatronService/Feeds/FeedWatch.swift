internal import Synchronization
internal import TTRPC

/// One client's subscription.
///
/// `@unchecked Sendable`: what commits change is in the mutex, `feeds` is set before anybody else
/// sees the watch, and the other variables are used on the watch's loop only.
final class FeedWatch: @unchecked Sendable {
  let subscription: any FeedSubscription
  let topic: FeedTopic
  let stream: any ServerStream
  let loop: any ServerLoop
  weak var feeds: LoopFeeds?

  /// Everything up to this sequence was sent or is not asked for.
  private(set) var position: Int64
  /// The last read found the end of its snapshot.
  var isCaughtUp = false
  /// The stream's queue is full.
  var isBlocked = false
  /// Another read is on its way.
  var isScheduled = false
  private(set) var lastSent = ContinuousClock.now
  /// The lowest sequence that was committed since the last read began.
  private let news = Mutex<Int64?>(nil)

  init(
    _ subscription: any FeedSubscription, _ stream: any ServerStream, _ loop: any ServerLoop
  ) {
    self.subscription = subscription
    self.topic = subscription.topic
    self.stream = stream
    self.loop = loop
    self.position = subscription.start
  }

  /// Notes a commit of events from the sequence `low` on. True when the watch has to be woken.
  func note(_ low: Int64) -> Bool {
    news.withLock { news in
      defer { news = min(news ?? low, low) }
      return news == nil
    }
  }

  var hasNews: Bool { news.withLock { $0 != nil } }

  /// Takes the news before they are read. A watch that had seen everything goes straight there:
  /// every commit of its topic would have told it, so there is nothing in between.
  func takeNews() {
    let low = news.withLock { news in
      defer { news = nil }
      return news
    }
    if let low, isCaughtUp { advance(to: low - 1) }
  }

  func advance(to position: Int64) { self.position = max(self.position, position) }

  /// Sends a message; false when there is no room for another one.
  func send(_ message: [UInt8]) -> Bool {
    lastSent = .now
    return stream.send(message)
  }

  /// Tells the client how far it has everything.
  func sendHeartbeat() {
    if !send(subscription.heartbeat(at: position)) { isBlocked = true }
  }
}

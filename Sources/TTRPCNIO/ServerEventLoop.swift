import NIOCore
import Synchronization
import TTRPC

/// A NIO event loop as dispatchers see it. Work from other threads is collected in an inbox, so
/// that the loop wakes up once for a batch.
final class ServerEventLoop: ServerLoop {
  let eventLoop: any EventLoop
  private let answers: AnswerTotal
  private let inbox = Mutex(Inbox())
  /// Used on the loop only, which the box checks.
  private let state: NIOLoopBoundBox<ServerConnections?>

  private struct Inbox {
    var completions: [Completion] = []
    /// The bytes of the answers in `completions`.
    var answerBytes = 0
    var streams: [ServerStreamQueue] = []
    var isScheduled = false
  }

  init(_ eventLoop: any EventLoop, _ answers: AnswerTotal) {
    self.eventLoop = eventLoop
    self.answers = answers
    state = NIOLoopBoundBox.makeEmptyBox(eventLoop: eventLoop)
  }

  /// The connections of this loop, or nil before the start and after the end. For the loop's thread
  /// only.
  var connections: ServerConnections? {
    get { state.value }
    set { state.value = newValue }
  }

  func complete(_ completions: [Completion]) {
    var bytes = 0
    for completion in completions {
      if case .success(let answer) = completion.result { bytes += answer.count }
    }
    answers.add(bytes)
    post {
      $0.completions.append(contentsOf: completions)
      $0.answerBytes += bytes
    }
  }

  func execute(_ work: @escaping @Sendable () -> Void) { eventLoop.execute(work) }

  func execute(after delay: Duration, _ work: @escaping @Sendable () -> Void) {
    let (seconds, attoseconds) = delay.components
    let nanos = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    eventLoop.scheduleTask(in: .nanoseconds(nanos), work)
  }

  func executeAfterSockets(_ work: @escaping @Sendable () -> Void) { connections?.turns.add(work) }

  func endRefusedCalls() { connections?.endRefusedCalls() }

  /// Queues a stream whose handler has left work for the loop. May be called on any thread.
  func post(_ stream: ServerStreamQueue) {
    post { $0.streams.append(stream) }
  }

  private func post(_ add: (inout Inbox) -> Void) {
    let wakes = inbox.withLock { inbox in
      add(&inbox)
      defer { inbox.isScheduled = true }
      return !inbox.isScheduled
    }
    if wakes { eventLoop.execute { self.emptyInbox() } }
  }

  private func emptyInbox() {
    let work = inbox.withLock { inbox in
      defer { inbox = Inbox() }
      return inbox
    }
    connections?.handle(work.completions, work.streams)
    // From here on the connections count them.
    answers.add(-work.answerBytes)
  }
}

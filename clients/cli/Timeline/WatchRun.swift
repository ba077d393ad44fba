import PatronClient
import Synchronization

/// Follows a watch through restarts of the server: it remembers the last sequence and asks again
/// behind it.
final class WatchRun: Sendable {
  private let session: Session
  private let request: WatchTimelineRequest
  private let limit: Int
  private let progress: Mutex<Progress>

  private struct Progress {
    /// Everything up to here was printed; nil before the first answer.
    var sequence: Int64?
    var count = 0
    /// The server is away, and the user was told.
    var isWaiting = false
    var wait = WatchRun.firstWait
  }

  private static let firstWait = Duration.milliseconds(100)
  private static let longestWait = Duration.seconds(2)
  /// Longer than the client's own limit for streams, which is meant for streams that end.
  private static let longestCall = Duration.seconds(86_400)

  init(_ session: Session, _ request: WatchTimelineRequest, limit: Int?) {
    self.session = session
    self.request = request
    self.limit = limit ?? .max
    progress = Mutex(Progress())
  }

  /// Where to go on another time; nil when nothing came from the server.
  var lastSequence: Int64? { progress.withLock { $0.sequence } }

  /// Prints events until there were enough. Before the first answer every error is thrown, later
  /// only those that waiting does not mend.
  func follow() async throws {
    while true {
      do {
        if try await read() { return }
        try await wait(because: "the server ended the watch")
      } catch let error as RPCError {
        guard Self.isPassing(error), lastSequence != nil, !Task.isCancelled else { throw error }
        try await wait(because: ErrorText.sentence(error.message))
      }
    }
  }

  /// Makes one call and prints what comes. True when there was enough.
  private func read() async throws -> Bool {
    var request = request
    if let lastSequence { request.afterSequence = lastSequence }
    let options = CallOptions(timeout: Self.longestCall)
    let stream = try await session.client.timeline.watchTimeline(request, options: options)
    defer { stream.cancel() }
    for try await response in stream {
      noteContact()
      if response.event != nil { try print(response) }
      let count = progress.withLock { progress in
        progress.sequence = response.sequence
        if response.event != nil { progress.count += 1 }
        return progress.count
      }
      if count >= limit { return true }
    }
    return false
  }

  private func print(_ response: WatchTimelineResponse) throws {
    if session.format == .ndjson {
      session.print(try session.json(response, pretty: false))
    } else {
      let text = TimelineText(width: session.environment.columns, style: session.style)
      session.environment.out(text.watched(response))
    }
  }

  private func noteContact() {
    let wasWaiting = progress.withLock { progress in
      defer { progress.isWaiting = false }
      progress.wait = Self.firstWait
      return progress.isWaiting
    }
    if wasWaiting { session.remark("connected again") }
  }

  private func wait(because reason: String) async throws {
    let (isNews, wait) = progress.withLock { progress in
      defer {
        progress.isWaiting = true
        progress.wait = min(progress.wait * 2, Self.longestWait)
      }
      return (!progress.isWaiting, progress.wait)
    }
    if isNews { session.remark("waiting for \(session.address): \(reason)") }
    try await Task.sleep(for: wait)
  }

  /// Whether the same call may succeed a little later.
  private static func isPassing(_ error: RPCError) -> Bool {
    switch error.code {
    case .unavailable, .resourceExhausted, .aborted, .deadlineExceeded: true
    default: false
    }
  }
}

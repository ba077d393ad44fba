import PatronClient
import Synchronization

/// Prints the events of a watch and remarks on its interruptions.
final class WatchRun: Sendable {
  private let session: Session
  private let request: WatchTimelineRequest
  private let limit: Int
  private let state = Mutex(State())

  private struct State {
    /// The position up to which everything was printed; nil before the first message.
    var sequence: Int64?
    /// True from an interruption, which the user was told, to the next message.
    var isWaiting = false
  }

  init(_ session: Session, _ request: WatchTimelineRequest, limit: Int?) {
    self.session = session
    self.request = request
    self.limit = limit ?? .max
  }

  /// The position to go on from another time; nil when nothing came from the server.
  var lastSequence: Int64? { state.withLock { $0.sequence } }

  /// Prints events until there were `limit` of them. Throws what the watch throws.
  func follow() async throws {
    var count = 0
    let watch = session.client.timeline.watch(request) { self.noteInterruption($0) }
    for try await response in watch {
      noteContact()
      if response.event != nil {
        try print(response)
        count += 1
      }
      state.withLock { $0.sequence = response.sequence }
      if count >= limit { return }
    }
  }

  private func print(_ response: WatchTimelineResponse) throws {
    if session.format == .ndjson {
      session.print(try session.json(response, pretty: false))
    } else {
      let text = TimelineText(width: session.environment.columns, style: session.style)
      session.environment.out(text.watched(response))
    }
  }

  private func noteInterruption(_ error: RPCError?) {
    state.withLock { $0.isWaiting = true }
    let reason = error.map { ErrorText.sentence($0.message) } ?? "the server ended the watch"
    session.remark("waiting for \(session.address): \(reason)")
  }

  private func noteContact() {
    let wasWaiting = state.withLock { state in
      defer { state.isWaiting = false }
      return state.isWaiting
    }
    if wasWaiting { session.remark("connected again") }
  }
}

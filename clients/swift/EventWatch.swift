public import PatronProto
public import TTRPC

/// The events of a store or of one customer as they are recorded, through restarts of the server.
///
/// An element is a message of WatchTimeline: an event and its sequence, or a sequence alone, which
/// is the first message of each call and every heartbeat. `sequence` is the position of the watch:
/// to go on another time, pass the last one as `afterSequence` of the request.
///
/// When the call ends or fails with UNAVAILABLE, RESOURCE_EXHAUSTED, ABORTED or DEADLINE_EXCEEDED,
/// the watch calls again after its position, so that each event comes once. It waits 100 ms before
/// that and up to 2 s between attempts, ±20 %, and gives up only when the task is cancelled. It
/// throws every other error, and every error before the first message. Each loop is a watch of its
/// own; leaving the loop ends the call.
public struct EventWatch: AsyncSequence, Sendable {
  /// An event, or a position alone.
  public typealias Element = WatchTimelineResponse
  /// The error that another call would meet again, or CANCELLED. The sequence ends with it.
  public typealias Failure = RPCError

  let client: TimelineServiceClient
  let request: WatchTimelineRequest
  let options: CallOptions
  let onInterruption: (@Sendable (RPCError?) -> Void)?

  /// Makes the first call when the first element is asked for.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(watch: self) }

  /// Reads one message after the other and calls again where that is needed.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let watch: EventWatch
    private var request: WatchTimelineRequest
    private var call: Call?
    /// True from the first message on: the request names a position then.
    private var hasPosition = false
    /// Calls without a message since the last message.
    private var failures = 0
    private var isOver = false
    private var random = ClientRandom()

    init(watch: EventWatch) {
      self.watch = watch
      request = watch.request
    }

    /// The next message. Never nil before an error was thrown: a watch has no end of its own.
    public mutating func next() async throws(RPCError) -> WatchTimelineResponse? {
      try await next(isolation: nil)
    }

    /// The next message. Never nil before an error was thrown: a watch has no end of its own.
    public mutating func next(isolation actor: isolated (any Actor)?)
      async throws(RPCError)
      -> WatchTimelineResponse?
    {
      while !isOver {
        var interruption: RPCError?
        do throws(RPCError) {
          if let response = try await read(isolation: actor) { return response }
        } catch {
          guard hasPosition, Self.isPassing(error), !Task.isCancelled else {
            call = nil
            isOver = true
            throw error
          }
          interruption = error
        }
        call = nil
        failures += 1
        if failures == 1 { watch.onInterruption?(interruption) }
        try await wait(isolation: actor)
      }
      return nil
    }

    /// The next message of the call, which is made where there is none; nil when it has ended.
    private mutating func read(isolation actor: isolated (any Actor)?)
      async throws(RPCError)
      -> WatchTimelineResponse?
    {
      let open: Call
      if let call {
        open = call
      } else {
        open = Call(try await watch.client.watchTimeline(request, options: watch.options))
        call = open
      }
      guard let response = try await open.messages.next(isolation: actor) else { return nil }
      request.afterSequence = response.sequence
      hasPosition = true
      failures = 0
      return response
    }

    private mutating func wait(isolation actor: isolated (any Actor)?)
      async throws(RPCError)
    {
      do {
        try await Task.sleep(for: EventWatch.backoff.delay(failures: failures, using: &random))
      } catch {
        isOver = true
        throw RPCError(code: .cancelled, message: "The watch was cancelled.")
      }
    }

    /// True for errors that the same call may not meet a little later.
    private static func isPassing(_ error: RPCError) -> Bool {
      switch error.code {
      case .unavailable, .resourceExhausted, .aborted, .deadlineExceeded: true
      default: false
      }
    }
  }

  /// One call, which ends with its owner.
  private final class Call {
    private let stream: MessageStream<WatchTimelineResponse>
    var messages: MessageStream<WatchTimelineResponse>.AsyncIterator

    init(_ stream: MessageStream<WatchTimelineResponse>) {
      self.stream = stream
      messages = stream.makeAsyncIterator()
    }

    deinit { stream.cancel() }
  }

  private static let backoff = ClientBackoff(
    initial: .milliseconds(100),
    multiplier: 2,
    maxDelay: .seconds(2),
    jitter: 0.2
  )
}

extension TimelineServiceClient {
  /// Watches events as they are recorded, and goes on where it stopped when the server was away.
  ///
  ///     for try await change in patron.timeline.watch(.with { $0.afterSequence = position }) {
  ///       if let event = change.event { print(event.type) }
  ///       position = change.sequence
  ///     }
  ///
  /// `onInterruption` is called once for each interruption, before the first wait, with the error,
  /// or nil where the server ended the call without one; the next element says that it is over.
  /// Without a `timeout` in `options` one call lasts up to 24 hours, then the next one follows.
  public func watch(
    _ request: WatchTimelineRequest = WatchTimelineRequest(),
    options: CallOptions = CallOptions(),
    onInterruption: (@Sendable (RPCError?) -> Void)? = nil
  ) -> EventWatch {
    var options = options
    // Longer than the client's own limit for streams, which is meant for streams that end.
    if options.timeout == nil { options.timeout = .seconds(86_400) }
    return EventWatch(
      client: self,
      request: request,
      options: options,
      onInterruption: onInterruption
    )
  }
}

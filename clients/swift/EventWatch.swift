public import PatronProto
public import TTRPC

/// The events of a store or of one customer as they are recorded. The sequence continues after
/// restarts of the server.
///
/// An element is a message of WatchTimeline: an event with its sequence, or a sequence alone, which
/// is the first message of each call and every heartbeat. `sequence` is the position of the watch:
/// to continue later, pass the last position as `afterSequence` of the request.
///
/// If the call ends, or fails with UNAVAILABLE, RESOURCE_EXHAUSTED, ABORTED or DEADLINE_EXCEEDED,
/// the watch calls again after its position, so that each event arrives once. It waits 100 ms
/// before that and up to 2 s between attempts, ±20 %, and stops only when the task is cancelled. It
/// throws every other error, and every error before the first message. Each loop is a separate
/// watch; leaving the loop ends the call.
public struct EventWatch: AsyncSequence, Sendable {
  /// An event, or a position alone.
  public typealias Element = WatchTimelineResponse
  /// The error that a further call would meet again, or CANCELLED. It ends the sequence.
  public typealias Failure = RPCError

  let client: TimelineServiceClient
  let request: WatchTimelineRequest
  let options: CallOptions
  let onInterruption: (@Sendable (RPCError?) -> Void)?

  /// Creates an iterator. The first call is made when the first element is requested.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(watch: self) }

  /// An iterator that reads one message after the other, and calls again after an interruption.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let watch: EventWatch
    private var request: WatchTimelineRequest
    private var call: Call?
    /// True after the first message: the request then names a position.
    private var hasPosition = false
    /// The number of calls without a message since the last message.
    private var failures = 0
    private var isOver = false
    private var random = ClientRandom()

    init(watch: EventWatch) {
      self.watch = watch
      request = watch.request
    }

    /// Returns the next message. Never returns nil before an error was thrown, because a watch does
    /// not end by itself.
    public mutating func next() async throws(RPCError) -> WatchTimelineResponse? {
      try await next(isolation: nil)
    }

    /// Returns the next message. Never returns nil before an error was thrown, because a watch does
    /// not end by itself.
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

    /// Returns the next message of the call, or nil after its end. Makes the call if there is none.
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

    /// Returns true for errors that the same call may not meet again.
    private static func isPassing(_ error: RPCError) -> Bool {
      switch error.code {
      case .unavailable, .resourceExhausted, .aborted, .deadlineExceeded: true
      default: false
      }
    }
  }

  /// A call that is cancelled when its owner releases it.
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
  /// Watches events as they are recorded, and continues at its position after an interruption.
  ///
  ///     for try await change in patron.timeline.watch(.with { $0.afterSequence = position }) {
  ///       if let event = change.event { print(event.type) }
  ///       position = change.sequence
  ///     }
  ///
  /// `onInterruption` is called once for each interruption, before the first wait, with the error,
  /// or with nil if the server ended the call without an error. The next element shows that the
  /// interruption is over. Without a `timeout` in `options` a call lasts up to 24 hours; then the
  /// next call follows.
  public func watch(
    _ request: WatchTimelineRequest = WatchTimelineRequest(),
    options: CallOptions = CallOptions(),
    onInterruption: (@Sendable (RPCError?) -> Void)? = nil
  ) -> EventWatch {
    var options = options
    // Longer than the client's default for streams, which is meant for streams that end.
    if options.timeout == nil { options.timeout = .seconds(86_400) }
    return EventWatch(
      client: self,
      request: request,
      options: options,
      onInterruption: onInterruption
    )
  }
}

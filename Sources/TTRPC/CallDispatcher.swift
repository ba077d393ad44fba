/// The receiver of a server's calls. A driver makes one dispatcher for each of its I/O loops, calls
/// it on that loop's thread only, and never keeps it elsewhere.
///
/// The unary path costs no allocation: payload and metadata are slices of the read buffer, and the
/// response is appended to the connection's write buffer.
public protocol CallDispatcher: AnyObject {
  /// The methods that this dispatcher serves. A call refers to a method by its index in this array.
  /// Read once.
  var methods: [Method] { get }

  /// Runs a unary call. `payload` and `call.metadata` are valid during this function only.
  ///
  /// Return `.replied` after appending the response message to `response`; `.failed` to answer
  /// with a status (what was appended is dropped); `.pending` to answer later through
  /// ``ServerLoop/complete(_:)`` with `call.target`.
  func unary(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ response: inout ResponseBuffer
  ) -> UnaryOutcome

  /// Opens a streaming call. `payload` is the one request of a server-streaming method and empty
  /// otherwise; it is valid during this function only. Requests that follow arrive through
  /// `stream.onMessage`.
  func open(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ stream: any ServerStream
  )

  /// Reports that a pending unary call was abandoned: the client cancelled it, its deadline passed
  /// or its connection closed. Work that has not begun may be dropped. Streaming calls learn it
  /// through ``ServerStream/onCancel(_:)``. Does nothing by default.
  func abandoned(_ target: ReplyTarget, _ reason: RPCError)
}

extension CallDispatcher {
  /// Does nothing: the answer is dropped when it comes.
  public func abandoned(_ target: ReplyTarget, _ reason: RPCError) {}
}

/// The result of dispatching a unary call.
public enum UnaryOutcome: Sendable {
  /// The response was appended.
  case replied
  /// The call ends with this status.
  case failed(RPCError)
  /// The answer comes later, through ``ServerLoop/complete(_:)``.
  case pending
}

/// A call as its dispatcher sees it while the call starts.
public struct ServerCall: ~Copyable {
  /// The address of an answer that comes later.
  public let target: ReplyTarget
  /// The time at which the caller stops waiting, or nil if it set no deadline.
  public let deadline: ContinuousClock.Instant?
  /// The caller's metadata, undecoded: valid while the dispatcher is being called.
  public let metadata: MetadataView
  /// The client at the other end of the connection.
  public let peer: Peer
  /// The unread answers of the connection. A lane asks it before it runs a call that was queued.
  public let answers: AnswerAccount?
  /// The state that the dispatcher keeps between the calls of the connection.
  public let session: ConnectionSession

  /// Creates a call. For drivers only.
  public init(
    target: ReplyTarget,
    deadline: ContinuousClock.Instant?,
    metadata: MetadataView,
    peer: Peer,
    answers: AnswerAccount? = nil,
    session: ConnectionSession = ConnectionSession()
  ) {
    self.target = target
    self.deadline = deadline
    self.metadata = metadata
    self.peer = peer
    self.answers = answers
    self.session = session
  }
}

/// The address of an answer that comes later. Answers for calls or connections that have ended are
/// dropped silently.
public struct ReplyTarget: Sendable, Hashable {
  /// The driver's number of the connection, unique within a server.
  public let connection: UInt64
  /// The stream id on that connection.
  public let stream: UInt32

  /// Creates a target. For drivers only.
  public init(connection: UInt64, stream: UInt32) {
    self.connection = connection
    self.stream = stream
  }
}

/// The answer to a call that was left pending.
public struct Completion: Sendable {
  /// The address of the call that this answers.
  public let target: ReplyTarget
  /// The encoded response message or the status.
  public let result: Result<[UInt8], RPCError>

  /// Creates the answer for `target`.
  public init(target: ReplyTarget, result: Result<[UInt8], RPCError>) {
    self.target = target
    self.result = result
  }
}

/// An I/O loop as its dispatcher sees it. Every method may be called on any thread, except for
/// ``executeAfterSockets(_:)`` and ``endRefusedCalls()``.
public protocol ServerLoop: AnyObject, Sendable {
  /// Answers pending calls of this loop. One wake-up of the loop serves the whole batch, one flush
  /// each connection.
  func complete(_ completions: [Completion])

  /// Runs `work` soon on the loop's thread. If called on that thread, `work` runs after the input
  /// of the current tick was handled.
  func execute(_ work: @escaping @Sendable () -> Void)

  /// Runs `work` on the loop's thread after `delay`, unless the loop ends before that.
  func execute(after delay: Duration, _ work: @escaping @Sendable () -> Void)

  /// Runs `work` after the loop has looked at its sockets, unless the loop ends before that. Long
  /// work that goes on in this way leaves time for connections. For the loop's thread only.
  func executeAfterSockets(_ work: @escaping @Sendable () -> Void)

  /// Ends the open calls whose owners have lost their right; see ``CallOwner/refusal``. Does
  /// nothing by default.
  func endRefusedCalls()
}

extension ServerLoop {
  /// Does nothing: the loop knows no owners.
  public func endRefusedCalls() {}

  /// Runs `work` after a short delay.
  public func executeAfterSockets(_ work: @escaping @Sendable () -> Void) {
    execute(after: .microseconds(50), work)
  }
}

/// A streaming call as its handler sees it. Every method may be called on any thread; the callbacks
/// run on the connection's loop.
public protocol ServerStream: AnyObject, Sendable {
  /// The address of the call: its connection and stream id.
  var target: ReplyTarget { get }

  /// Sends one response message. Returns false when the outbound queue has reached its high-water
  /// mark: wait for ``onWritable(_:)`` before sending more. Messages are still queued up to the
  /// hard limit, past which the stream fails with RESOURCE_EXHAUSTED. Ignored after the call has
  /// ended.
  @discardableResult
  func send(_ message: [UInt8]) -> Bool

  /// Ends the call; a nil error is success. A client-streaming method sends its response message
  /// before, with ``send(_:)``. Only the first call has an effect.
  func finish(_ error: RPCError?)

  /// Sets the callback that runs when the outbound queue has drained below its low-water mark.
  func onWritable(_ body: @escaping @Sendable () -> Void)

  /// Sets the callback that runs for every request message, then once with nil when the client has
  /// closed its side. The driver delivers from a bounded queue and stops reading the socket while
  /// the queue is full (see ``consumed(_:)``).
  func onMessage(_ body: @escaping @Sendable ([UInt8]?) -> Void)

  /// Reports that the handler has consumed `count` messages, so that more may be read.
  func consumed(_ count: Int)

  /// Sets the callback that runs when the call ends before the handler finished it: the client
  /// cancelled, the deadline passed or the connection closed. Runs at once if that has happened.
  func onCancel(_ body: @escaping @Sendable (RPCError) -> Void)
}

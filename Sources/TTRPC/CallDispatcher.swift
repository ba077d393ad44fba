/// What a server runs calls on. A driver makes one dispatcher for each of its I/O loops, calls it
/// on that loop's thread only, and never holds it anywhere else.
///
/// The unary path costs no allocation: payload and metadata are slices of the read buffer, and the
/// response is appended to the connection's write buffer.
public protocol CallDispatcher: AnyObject {
  /// The methods this dispatcher serves. A call names a method by its index here. Read once.
  var methods: [Method] { get }

  /// Runs a unary call. `payload` and `call.metadata` are valid during this function only.
  ///
  /// Return `.replied` after appending the response message to `response`; `.failed` to answer
  /// with a status (what was appended is dropped); `.pending` to answer later through
  /// ``ServerLoop/complete(_:)`` with `call.target`.
  func unary(
    _ method: Int,
    _ payload: UnsafeRawBufferPointer,
    _ call: borrowing ServerCall,
    _ response: inout ResponseBuffer
  ) -> UnaryOutcome

  /// Opens a streaming call. `payload` is the one request of a server-streaming method and empty
  /// otherwise; it is valid during this function only. Requests that follow arrive through
  /// `stream.onMessage`.
  func open(
    _ method: Int,
    _ payload: UnsafeRawBufferPointer,
    _ call: borrowing ServerCall,
    _ stream: any ServerStream
  )

  /// Tells that nobody waits for the answer of a pending unary call any more: the client cancelled
  /// it, its deadline passed or its connection closed. Work that has not begun may be dropped.
  /// Streaming calls learn it through ``ServerStream/onCancel(_:)``. Does nothing by default.
  func abandoned(_ target: ReplyTarget, _ reason: RPCError)
}

extension CallDispatcher {
  /// Does nothing: the answer is dropped when it comes.
  public func abandoned(_ target: ReplyTarget, _ reason: RPCError) {}
}

/// How a dispatcher left a unary call.
public enum UnaryOutcome: Sendable {
  /// The response was appended.
  case replied
  /// The call ends with this status.
  case failed(RPCError)
  /// The answer comes later, through ``ServerLoop/complete(_:)``.
  case pending
}

/// One call, as its dispatcher sees it while it is being started.
public struct ServerCall: ~Copyable {
  /// Where an answer that comes later has to go.
  public let target: ReplyTarget
  /// When the caller stops waiting, or nil when it set no deadline.
  public let deadline: ContinuousClock.Instant?
  /// The caller's metadata, undecoded: valid while the dispatcher is being called.
  public let metadata: MetadataView
  /// Who is calling.
  public let peer: Peer

  /// Made by drivers.
  public init(
    target: ReplyTarget,
    deadline: ContinuousClock.Instant?,
    metadata: MetadataView,
    peer: Peer
  ) {
    self.target = target
    self.deadline = deadline
    self.metadata = metadata
    self.peer = peer
  }
}

/// Names a call for an answer that comes later. Answers for calls or connections that are gone are
/// dropped silently.
public struct ReplyTarget: Sendable, Hashable {
  /// The driver's number for the connection, never used again within a process.
  public let connection: UInt64
  /// The stream id on that connection.
  public let stream: UInt32

  /// Made by drivers.
  public init(connection: UInt64, stream: UInt32) {
    self.connection = connection
    self.stream = stream
  }
}

/// The answer to a call that was left pending.
public struct Completion: Sendable {
  /// The call that is answered.
  public let target: ReplyTarget
  /// The encoded response message or the status.
  public let result: Result<[UInt8], RPCError>

  /// An answer for `target`.
  public init(target: ReplyTarget, result: Result<[UInt8], RPCError>) {
    self.target = target
    self.result = result
  }
}

/// An I/O loop, seen by the dispatcher that runs on it. Every method may be called from any thread.
public protocol ServerLoop: AnyObject, Sendable {
  /// Answers pending calls of this loop: one wake-up of the loop for the whole batch, one flush
  /// for each connection.
  func complete(_ completions: [Completion])

  /// Runs `work` on the loop's thread, soon. On the loop's own thread: after the input of the
  /// current tick was handled.
  func execute(_ work: @escaping @Sendable () -> Void)

  /// Runs `work` on the loop's thread after `delay`, unless the loop ends before.
  func execute(after delay: Duration, _ work: @escaping @Sendable () -> Void)
}

/// Who is at the other end of a connection. Keys and certificates will be added here.
public struct Peer: Sendable, Hashable {
  /// `127.0.0.1:53211`, or `unix` for a Unix socket.
  public let address: String

  /// Made by drivers.
  public init(address: String) { self.address = address }
}

/// A streaming call as its handler sees it. Every method may be called from any thread; the
/// callbacks run on the connection's loop.
public protocol ServerStream: AnyObject, Sendable {
  /// Names the call.
  var target: ReplyTarget { get }

  /// Sends one response message. Returns false when the outbound queue has reached its high-water
  /// mark: wait for ``onWritable(_:)`` before sending more; what was sent is queued all the same up
  /// to the hard limit, past which the stream fails with RESOURCE_EXHAUSTED. Ignored once the call
  /// ended.
  @discardableResult
  func send(_ message: [UInt8]) -> Bool

  /// Ends the call: nil is success. For a client-streaming method the response message is
  /// sent before with ``send(_:)``. The first end wins.
  func finish(_ error: RPCError?)

  /// Sets what is called when the outbound queue has drained below its low-water mark.
  func onWritable(_ body: @escaping @Sendable () -> Void)

  /// Sets what is called for every request message, then once with nil when the client has
  /// closed its side. The driver delivers from a bounded queue and stops reading the socket while
  /// `outstanding` messages (see ``consumed(_:)``) are unconsumed.
  func onMessage(_ body: @escaping @Sendable ([UInt8]?) -> Void)

  /// Tells that the handler has finished with `count` messages, so that more may be read.
  func consumed(_ count: Int)

  /// Sets what is called when the call ended before the handler finished it: the client
  /// cancelled, the deadline passed, the connection closed. Called at once if that has happened.
  func onCancel(_ body: @escaping @Sendable (RPCError) -> Void)
}

/// The response messages of a streaming call, as an `AsyncSequence`: it ends when the call has
/// ended well and throws the call's `RPCError` otherwise. Read it once.
public struct ClientMessages: AsyncSequence, Sendable {
  /// One encoded response message.
  public typealias Element = [UInt8]
  /// What iterating throws.
  public typealias Failure = RPCError

  private let stream: any ClientStream

  /// The messages of `stream`.
  public init(_ stream: any ClientStream) { self.stream = stream }

  /// Starts reading.
  public func makeAsyncIterator() -> Iterator { Iterator(stream: stream) }

  /// Reads one message after the other.
  public struct Iterator: AsyncIteratorProtocol {
    /// One encoded response message.
    public typealias Element = [UInt8]
    /// What ``next()`` throws.
    public typealias Failure = RPCError

    fileprivate let stream: any ClientStream

    /// The next message, or nil after the last one.
    public mutating func next() async throws(RPCError) -> [UInt8]? { try await stream.next() }

    /// The next message, or nil after the last one.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(RPCError)
      -> [UInt8]?
    {
      try await stream.next()
    }
  }
}

extension ClientStream {
  /// The response messages as an `AsyncSequence`, to be read once.
  public var messages: ClientMessages { ClientMessages(self) }
}

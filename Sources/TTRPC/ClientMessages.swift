/// The response messages of a streaming call as an `AsyncSequence`. It ends when the call succeeds
/// and throws the call's `RPCError` otherwise. Iterate over it once.
public struct ClientMessages: AsyncSequence, Sendable {
  /// One encoded response message.
  public typealias Element = [UInt8]
  /// The error of the call.
  public typealias Failure = RPCError

  private let stream: any ClientStream

  /// Creates the sequence of the response messages of `stream`.
  public init(_ stream: any ClientStream) { self.stream = stream }

  /// Returns an iterator over the remaining messages. All iterators read from the same call.
  public func makeAsyncIterator() -> Iterator { Iterator(stream: stream) }

  /// An iterator that takes messages from the call.
  public struct Iterator: AsyncIteratorProtocol {
    /// One encoded response message.
    public typealias Element = [UInt8]
    /// The error of the call.
    public typealias Failure = RPCError

    fileprivate let stream: any ClientStream

    /// Returns the next message, or nil after the last one.
    public mutating func next() async throws(RPCError) -> [UInt8]? { try await stream.next() }

    /// Returns the next message, or nil after the last one.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(RPCError)
      -> [UInt8]?
    {
      try await stream.next()
    }
  }
}

extension ClientStream {
  /// The response messages as an `AsyncSequence`. Iterate over it once.
  public var messages: ClientMessages { ClientMessages(self) }
}

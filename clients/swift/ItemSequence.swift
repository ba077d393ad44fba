public import TTRPC

/// The elements of a list, page by page.
public struct ItemSequence<Request: PagedRequest, Response: PagedResponse>: AsyncSequence, Sendable
{
  /// One element of the list.
  public typealias Element = Response.Item
  /// The error of the call that failed. The sequence ends with it.
  public typealias Failure = RPCError

  let pages: PageSequence<Request, Response>

  /// Starts at the page token of the request.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(pages: pages.makeAsyncIterator())
  }

  /// Gives the elements of one page after the other.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private var pages: PageSequence<Request, Response>.AsyncIterator
    private var items: ArraySlice<Response.Item> = []

    init(pages: PageSequence<Request, Response>.AsyncIterator) { self.pages = pages }

    /// The next element, or nil after the last page.
    public mutating func next() async throws(RPCError) -> Response.Item? {
      try await next(isolation: nil)
    }

    /// The next element, or nil after the last page.
    public mutating func next(isolation actor: isolated (any Actor)?)
      async throws(RPCError)
      -> Response.Item?
    {
      while items.isEmpty {
        guard let page = try await pages.next(isolation: actor) else { return nil }
        items = page.items[...]
      }
      return items.removeFirst()
    }
  }
}

import PatronProto
public import TTRPC

/// The pages of a list, one call each. A page is requested when the loop asks for it.
///
/// Calls have the options and the retries of a unary call. Leaving the loop makes no further call;
/// cancelling the task cancels the one in flight with CANCELLED. Each loop starts at the page token
/// of the request.
public struct PageSequence<Request: PagedRequest, Response: PagedResponse>: AsyncSequence, Sendable
{
  /// One page.
  public typealias Element = Response
  /// The error of the call that failed. The sequence ends with it.
  public typealias Failure = RPCError

  let channel: any ClientChannel
  let method: MethodDescriptor<Request, Response>
  let request: Request
  let options: CallOptions

  /// The elements of all pages, one after the other. A page is requested when the elements of the
  /// page before are used up.
  public var items: ItemSequence<Request, Response> { ItemSequence(pages: self) }

  /// Starts at the page token of the request.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(sequence: self) }

  /// Requests one page after the other.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let sequence: PageSequence
    /// The request for the next page; nil after the last page or an error.
    private var request: Request?

    init(sequence: PageSequence) {
      self.sequence = sequence
      request = sequence.request
    }

    /// The next page, or nil after the last page.
    public mutating func next() async throws(RPCError) -> Response? {
      try await next(isolation: nil)
    }

    /// The next page, or nil after the last page.
    public mutating func next(isolation actor: isolated (any Actor)?)
      async throws(RPCError)
      -> Response?
    {
      guard var request else { return nil }
      self.request = nil
      let page = try await sequence.channel.call(sequence.method, request, sequence.options)
      guard !page.nextPageToken.isEmpty else { return page }
      guard page.nextPageToken != request.pageToken else {
        throw RPCError(
          code: .internal,
          message:
            "The server answered \(sequence.method.method) with the page token it was asked for."
        )
      }
      request.pageToken = page.nextPageToken
      self.request = request
      return page
    }
  }
}

extension PatronClient {
  /// Returns the pages of a list, from the page token of the request on.
  ///
  ///     let request = ListCustomersRequest.with { $0.filter = filter }
  ///     for try await customer in patron.pages(CustomerService.listCustomers, request).items {
  ///       print(customer.id)
  ///     }
  public func pages<Request: PagedRequest, Response: PagedResponse>(
    _ method: MethodDescriptor<Request, Response>,
    _ request: Request,
    options: CallOptions = CallOptions()
  ) -> PageSequence<Request, Response> {
    PageSequence(channel: channel, method: method, request: request, options: options)
  }
}

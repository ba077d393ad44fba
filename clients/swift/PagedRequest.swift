public import PatronProto
public import ProtobufC

/// A request for one page of a list.
public protocol PagedRequest: Message {
  /// The `next_page_token` of the page before; empty asks for the first page.
  var pageToken: String { get set }
}

/// One page of a list.
public protocol PagedResponse: Message {
  /// One element of the list.
  associatedtype Item: Sendable

  /// The token of the next page; empty on the last page.
  var nextPageToken: String { get }
  /// The elements of this page, in the order of the list.
  var items: [Item] { get }
}

// Every message of the contract with a `page_token` or a `next_page_token`; a test compares.

extension ListCustomersRequest: PagedRequest {}
extension ListCustomersResponse: PagedResponse {
  /// The customers of the page.
  public var items: [Customer] { customers }
}

extension ListAuditRequest: PagedRequest {}
extension ListAuditResponse: PagedResponse {
  /// The entries of the page.
  public var items: [AuditEntry] { entries }
}

extension ListConsentHistoryRequest: PagedRequest {}
extension ListConsentHistoryResponse: PagedResponse {
  /// The ledger rows of the page.
  public var items: [ConsentRecord] { records }
}

extension ListKeysRequest: PagedRequest {}
extension ListKeysResponse: PagedResponse {
  /// The keys of the page.
  public var items: [KeyInfo] { keys }
}

extension ListStoresRequest: PagedRequest {}
extension ListStoresResponse: PagedResponse {
  /// The stores of the page.
  public var items: [StoreInfo] { stores }
}

extension ListSuppressionsRequest: PagedRequest {}
extension ListSuppressionsResponse: PagedResponse {
  /// The suppressions of the page.
  public var items: [AddressSuppression] { suppressions }
}

extension GetTimelineRequest: PagedRequest {}
extension GetTimelineResponse: PagedResponse {
  /// The events of the page. The header is in the first page only.
  public var items: [Event] { events }
}

extension ListOrdersRequest: PagedRequest {}
extension ListOrdersResponse: PagedResponse {
  /// The orders of the page; with `pending_parts` the page has parts instead, and no items.
  public var items: [Order] { orders }
}

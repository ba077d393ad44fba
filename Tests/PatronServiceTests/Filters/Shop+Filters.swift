import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Filters in a short form: `["sms": ["subscribers", "suppressed"], "email": ["subscribers"]]`.
typealias Selections = KeyValuePairs<String, [String]>

extension CustomerFilter {
  /// Creates a filter with selections in the given order, and a search.
  static func of(_ selections: Selections, query: String = "") -> CustomerFilter {
    .with {
      $0.selections = selections.map { category, filters in
        .with {
          $0.category = category
          $0.filters = filters
        }
      }
      $0.query = query
    }
  }
}

extension Shop {
  /// Returns one page of a filter.
  func page(
    _ filter: CustomerFilter,
    sort: CustomerSort = .unspecified,
    in storeID: String = "",
    size: Int32 = 0,
    token: String = ""
  ) async throws -> ListCustomersResponse {
    try await customers.listCustomers(
      .with {
        $0.storeID = storeID
        $0.filter = filter
        $0.sort = sort
        $0.pageSize = size
        $0.pageToken = token
      }
    )
  }

  /// Returns the external ids of all customers of a filter, page by page, in the order of the list.
  func listed(
    _ filter: CustomerFilter,
    sort: CustomerSort = .unspecified,
    in storeID: String = "",
    size: Int32 = 100
  ) async throws -> [String] {
    var names: [String] = []
    var token = ""
    var pages = 0
    repeat {
      let page = try await page(filter, sort: sort, in: storeID, size: size, token: token)
      names += page.customers.map { $0.externalID ?? "#\($0.id)" }
      token = page.nextPageToken
      pages += 1
    } while !token.isEmpty && pages < 1000
    return names
  }

  /// Returns the external ids of all customers of some selections, sorted by name.
  func found(_ selections: Selections) async throws -> [String] {
    try await listed(.of(selections)).sorted()
  }

  /// Calls CountCustomers.
  func count(
    _ filter: CustomerFilter? = nil,
    by categories: [String] = [],
    in storeID: String = ""
  ) async throws -> CountCustomersResponse {
    try await customers.countCustomers(
      .with {
        $0.storeID = storeID
        $0.filter = filter
        $0.facetCategories = categories
      }
    )
  }

  /// Returns the lines of an export.
  func export(_ filter: CustomerFilter) async throws -> [Customer] {
    let stream = try await customers.exportCustomers(
      .with {
        $0.format = .ndjson
        $0.filter = filter
      }
    )
    var text: [UInt8] = []
    for try await part in stream { text += part.data }
    return try text.split(separator: UInt8(ascii: "\n")).map {
      try Customer(json: String(decoding: $0, as: UTF8.self))
    }
  }

  /// Runs a job on a store's writer.
  static func write(
    _ store: Store,
    _ body: @escaping @Sendable (WriteTransaction) throws -> Void
  ) async throws {
    try store.performAndWait(body)
  }

  /// Creates customers without any event, not even that of their creation, as migrations and tools
  /// may leave them.
  func plant(_ names: [String]) async throws {
    try await write { transaction in
      let writer = StoreWriter(transaction, .default, CustomerTerms.rules)
      for name in names {
        let customer = try Customer.with {
          $0.id = try writer.nextCustomerID()
          $0.externalID = name
          $0.email = "\(name)@example.com"
        }
        try writer.insert(
          CustomerRow(
            id: customer.id,
            externalID: name,
            emailKey: customer.email,
            phone: nil,
            updatedAt: WallClock.system.now(),
            body: try customer.encoded()
          )
        )
      }
    }
  }

  /// Calls SuppressCustomer.
  func suppress(_ channels: [ContactChannel], _ ref: CustomerRef.Ref) async throws {
    _ = try await customers.suppressCustomer(
      .with {
        $0.customer = .with { $0.ref = ref }
        $0.channels = channels
        $0.reason = .manual
      }
    )
  }
}

extension CountCustomersResponse {
  /// Returns the facets of one category that are not 0.
  func facets(_ category: String) -> [String: Int64] {
    Dictionary(
      facets.filter { $0.category == category && $0.count != 0 }.map { ($0.filter, $0.count) },
      uniquingKeysWith: +
    )
  }
}

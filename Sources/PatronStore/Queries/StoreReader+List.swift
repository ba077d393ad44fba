internal import SQLite

/// Pages of customers, newest first. A visitor gets the id and both encoded parts of each customer,
/// and returns false to stop.
extension StoreReader {
  private static let newest = Query(
    """
    SELECT customer_id, body, stats FROM customers
    WHERE store_id = ?1 AND customer_id < ?2 ORDER BY customer_id DESC
    """
  )

  /// A visitor of customers. It returns false to stop.
  package typealias CustomerVisitor = (
    _ id: Int64, _ record: RawSpan, _ stats: RawSpan
  ) throws -> Bool

  /// Visits the store's customers with an id below `before`, newest first.
  package func customers(before: Int64, _ visit: CustomerVisitor) throws {
    try transaction.forEachWhile(Self.newest, store.name, before) { row in
      try visit(row.int64(0), row.span(1), row.span(2))
    }
  }

  /// Visits the customers of a set with an id below `before`, newest first.
  package func customers(
    in set: CustomerSet,
    before: Int64,
    _ visit: CustomerVisitor
  ) throws {
    switch set {
    case .all: try customers(before: before, visit)
    case .matching(let text): try customers(matching: text, before: before, visit)
    case .oneOf, .from, .below, .any, .every:
      try customerIDs(in: set, before: before) { id in
        try customer(.id(id), visit) ?? true
      }
    }
  }

  /// A customer of a list, in the memory of its row.
  package struct ListedCustomer: ~Copyable, ~Escapable {
    package let id: Int64
    /// The time of the last change of the record, in microseconds since 1970.
    package let updatedAt: Int64
    /// The encoded record without statistics.
    package let record: RawSpan
    /// The encoded statistics.
    package let stats: RawSpan

    @_lifetime(borrow row)
    fileprivate init(_ row: borrowing Row) {
      id = row.int64(0)
      updatedAt = row.int64(1)
      record = row.span(2)
      stats = row.span(3)
    }
  }

  private static let listed = Query(
    """
    SELECT customer_id, updated_at, body, stats FROM customers
    WHERE store_id = ?1 AND customer_id < ?2
    """
  )
  private static let listedByID = Query(
    """
    SELECT customer_id, updated_at, body, stats FROM customers
    WHERE store_id = ?1 AND customer_id = ?2
    """
  )

  /// Visits the customer with this id, if there is one.
  package func listedCustomer(
    _ id: Int64,
    _ visit: (borrowing ListedCustomer) throws -> Void
  ) throws {
    _ = try transaction.first(Self.listedByID, store.name, id) { try visit(ListedCustomer($0)) }
  }

  /// Visits the customers of a set with an id below `before`: newest first, except that `.all` is
  /// visited in any order.
  package func listedCustomers(
    in set: CustomerSet,
    before: Int64 = .max,
    _ visit: (borrowing ListedCustomer) throws -> Bool
  ) throws {
    guard set != .all else {
      return try transaction.forEachWhile(Self.listed, store.name, before) {
        try visit(ListedCustomer($0))
      }
    }
    try customerIDs(in: set, before: before) { id in
      try transaction.first(Self.listedByID, store.name, id) { try visit(ListedCustomer($0)) }
        ?? true
    }
  }
}

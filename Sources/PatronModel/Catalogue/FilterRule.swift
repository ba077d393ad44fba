/// The rule by which a filter becomes a set of customers: the terms that they have. A term is a
/// value in a category. Days and months are terms of hidden categories, which callers cannot name.
/// They make the terms of a customer independent of the clock.
package enum FilterRule: Sendable, Hashable {
  /// Customers with the value that is called like the filter.
  case sameName
  /// Customers with one of these values of the filter's own category. A customer has at most one
  /// of them.
  case anyOf([String])
  /// Customers whose day in a hidden category is one of the last `days` days, whole days in UTC.
  case lastDays(_ days: Int64, of: String)
  /// Customers whose day in a hidden category is before the last `days` days. Every customer has a
  /// value of this category.
  case notInLastDays(_ days: Int64, of: String)
  /// Customers whose value in a hidden category, `01` to `12`, is the present month in the time
  /// zone of the store.
  case thisMonth(of: String)

  /// True if the set changes as time passes, without a change of customers.
  package var movesWithClock: Bool {
    switch self {
    case .sameName, .anyOf: false
    case .lastDays, .notInLastDays, .thisMonth: true
    }
  }

  /// The hidden category that the rule reads; nil if it reads the filter's own.
  package var hiddenCategory: String? {
    switch self {
    case .sameName, .anyOf: nil
    case .lastDays(_, let category), .notInLastDays(_, let category), .thisMonth(let category):
      category
    }
  }
}

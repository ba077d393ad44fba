internal import PatronModel
internal import PatronProto
package import PatronStore

/// The predefined filters as sets of customers, by the rules of the catalogue.
package enum FilterSets {
  /// Returns the set of customers of one filter. `now` is in microseconds since 1970. The store's
  /// settings are read for rules that need its time zone.
  package static func set(
    _ category: String,
    _ filter: String,
    at now: Int64,
    in reader: StoreReader
  ) throws -> CustomerSet {
    let rule = FilterCatalogue.category(category)?.filter(filter)?.rule ?? .sameName
    return try set(by: rule, category, filter, at: now, in: reader)
  }

  /// Returns the set of customers that a rule finds for a filter.
  static func set(
    by rule: FilterRule,
    _ category: String,
    _ filter: String,
    at now: Int64,
    in reader: StoreReader
  ) throws -> CustomerSet {
    switch rule {
    case .sameName: .oneOf(category: category, values: [key(category, filter)])
    case .anyOf(let values): .oneOf(category: category, values: values)
    case .lastDays(let days, let hidden):
      .from(category: hidden, value: FilterDays.first(ofLast: days, at: now))
    case .notInLastDays(let days, let hidden):
      .below(category: hidden, value: FilterDays.first(ofLast: days, at: now))
    case .thisMonth(let hidden):
      try .oneOf(category: hidden, values: [month(at: now, in: reader)])
    }
  }

  /// Returns the normal form of a filter, which is the same for all its spellings.
  package static func key(_ category: String, _ filter: String) -> String {
    FilterCatalogue.category(category)?.key(filter) ?? filter
  }

  private static func month(at now: Int64, in reader: StoreReader) throws -> String {
    let zone = try StoreSettings(of: reader).timeZone ?? ""
    return FilterDays.month(of: StoreTimeZone.rules(zone).date(at: now))
  }

  /// All customers, by a category of which each customer has exactly one value, so that counters
  /// suffice to count them.
  package static let everybody = CustomerSet.oneOf(
    category: "orders",
    values: ["no_orders", "one_order", "repeat_customers"]
  )
}

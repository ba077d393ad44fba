internal import PatronModel
package import PatronStore

/// The predefined filters as sets of customers.
package enum FilterSets {
  /// Returns the set of customers of one filter. `now` is in microseconds since 1970.
  package static func set(_ category: String, _ filter: String, at now: Int64) -> CustomerSet {
    switch (category, filter) {
    case ("contact", "has_email"):
      .oneOf(category: category, values: ["both", "email_only"])
    case ("contact", "has_phone"):
      .oneOf(category: category, values: ["both", "phone_only"])
    case ("contact", "shared_phone"):
      .from(
        category: FilterDays.sharedPhone,
        value: FilterDays.first(ofLast: SharedPhone.days, at: now)
      )
    case ("orders", "ordered_last_30_days"):
      .from(category: FilterDays.lastOrder, value: FilterDays.first(ofLast: 30, at: now))
    case ("orders", "ordered_last_90_days"):
      .from(category: FilterDays.lastOrder, value: FilterDays.first(ofLast: 90, at: now))
    case ("products", "no_activity_90_days"):
      .below(category: FilterDays.lastEvent, value: FilterDays.first(ofLast: 90, at: now))
    default:
      .oneOf(category: category, values: [key(category, filter)])
    }
  }

  /// Returns the normal form of a filter, which is the same for all its spellings.
  package static func key(_ category: String, _ filter: String) -> String {
    switch category {
    case "tags": TagSet.key(filter)
    case "country": (try? CountryCode(filter))?.code ?? filter
    case "language": (try? LanguageCode(filter))?.code ?? filter
    default: filter
    }
  }

  /// All customers, by a category of which each customer has exactly one value, so that counters
  /// suffice to count them.
  package static let everybody = CustomerSet.oneOf(
    category: "orders",
    values: ["no_orders", "one_order", "repeat_customers"]
  )
}

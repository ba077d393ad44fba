package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// The filter terms of a customer, computed from the stored record. They do not depend on the
/// clock: the filters that do use the days of the last order and the last event.
package enum CustomerTerms {
  /// The rules that the store applies with every write.
  package static let rules = TermRules(
    ofBody: { row, reader in
      of(
        try Customer(stored: row.body),
        suppressedChannels: try suppressedChannels(of: row, in: reader),
        sharedPhoneDay: try SharedPhone.day(of: row, in: reader)
      )
    },
    ofStats: { of(stats: try Customer(stored: $0)) }
  )

  /// Returns true if a change of these fields can change the terms of the body. `subscriptions`
  /// stands for consent; suppressions are not covered.
  static func depend(onAnyOf fields: [String]) -> Bool { fields.contains(where: sources.contains) }

  /// The fields that ``of(_:suppressedChannels:sharedPhoneDay:)`` reads and a caller can change.
  private static let sources: Set<String> = [
    "account_status", "address", "default_language", "email", "phone_number", "subscriptions",
    "tags",
  ]

  /// Returns the channels on which the customer's address is suppressed. A caller that changes
  /// suppressions must write the customer afterwards, or call ``StoreWriter/refreshTerms(of:)``.
  /// `known` holds the results of earlier lookups.
  static func suppressedChannels(
    of row: CustomerRow,
    in reader: StoreReader,
    known: [PatronModel.Channel: Bool] = [:]
  ) throws -> Set<PatronModel.Channel> {
    let suppressions = SuppressionReader(reader)
    return try Set(
      PatronModel.Channel.allCases.filter { channel in
        if let isSuppressed = known[channel] { return isSuppressed }
        guard let address = row.address(channel) else { return false }
        return try !suppressions.suppressions(channel, of: address).isEmpty
      }
    )
  }

  /// Returns the terms of a record. `sharedPhoneDay` is the number of the day since which its phone
  /// number is shared.
  package static func of(
    _ customer: Customer,
    suppressedChannels: Set<PatronModel.Channel>,
    sharedPhoneDay: Int64?
  ) -> [Term] {
    var terms: [Term] = []
    terms.reserveCapacity(16)
    for channel in PatronModel.Channel.allCases {
      terms.append(Term(channel.name, filter(of: customer.consent(channel, .marketing).state)))
      if suppressedChannels.contains(channel) { terms.append(Term(channel.name, "suppressed")) }
    }
    if customer.mayHaveOptedOut {
      terms.append(Term(PatronModel.Channel.sms.name, FilterCatalogue.possibleOptOut))
    }
    terms.append(Term("account", customer.accountStatus ?? "no_account"))
    switch (customer.email, customer.phoneNumber) {
    case (.some, .some): terms.append(Term("contact", "both"))
    case (.some, nil): terms.append(Term("contact", "email_only"))
    case (nil, .some): terms.append(Term("contact", "phone_only"))
    case (nil, nil): break
    }
    if let sharedPhoneDay {
      terms.append(Term(FilterDays.sharedPhone, FilterDays.value(day: sharedPhoneDay)))
    }
    if let origin = origin(customer.origin) { terms.append(Term("origin", origin)) }
    for tag in tags(customer) { terms.append(Term("tags", TagSet.key(tag), label: tag)) }
    if let country = customer.address?.countryCode, !country.isEmpty {
      terms.append(Term("country", country))
    }
    if let language = customer.defaultLanguage, !language.isEmpty {
      terms.append(Term("language", language))
    }
    return terms
  }

  /// Returns the terms of order statistics and events.
  package static func of(stats: Customer) -> [Term] {
    let orders = stats.orderStats.reduce(Int64(0)) { $0 + $1.orderCount }
    let filter = orders == 0 ? "no_orders" : orders == 1 ? "one_order" : "repeat_customers"
    var terms = [Term("orders", filter)]
    if stats.orderStats.contains(where: { $0.refundedTotal > 0 || $0.unknownRefundCount > 0 }) {
      terms.append(Term("orders", "refunded"))
    }
    if let reviews = stats.reviews, reviews.totalReviews > 0 {
      terms.append(Term("products", "has_reviews"))
    }
    if stats.loyalty?.member == true { terms.append(Term("products", "loyalty_member")) }
    if let last = stats.orderStats.compactMap({ $0.lastOrderAt?.micros }).max() {
      terms.append(Term(FilterDays.lastOrder, FilterDays.value(last)))
    }
    terms.append(Term(FilterDays.lastEvent, lastEventDay(stats)))
    return terms
  }

  /// Returns the day of the last event as a term's value.
  package static func lastEventDay(_ stats: Customer) -> String {
    stats.lastEventAt.map { FilterDays.value($0.micros) } ?? FilterDays.never
  }

  private static func filter(of state: PatronModel.ConsentState) -> String {
    switch state {
    case .subscribed: "subscribers"
    case .neverSubscribed, .pending, .unsubscribed: state.name
    }
  }

  private static func origin(_ origin: Origin) -> String? {
    switch origin {
    case .ecommercePlatform: "ecommerce_platform"
    case .subscriptionTool: "subscription_tool"
    case .api: "api"
    case .import: "import"
    case .event: "event"
    default: nil
    }
  }

  private static func tags(_ customer: Customer) -> [String] {
    guard let text = customer.tags, !text.isEmpty else { return [] }
    return (try? TagSet(commaSeparated: text))?.tags ?? []
  }
}

extension Customer {
  /// True if a text message may have been an opt-out and consent records nothing about it since:
  /// neither an opt-out, nor a later agreement in person.
  fileprivate var mayHaveOptedOut: Bool {
    guard let time = possibleOptOutAt?.micros else { return false }
    let consent = consent(.sms, .marketing)
    switch consent.state {
    case .unsubscribed: return false
    case .subscribed: return consent.changedBy != .customer || consent.changedAt ?? .min <= time
    case .neverSubscribed, .pending: return true
    }
  }
}

/// Days of the last order and the last event as values of terms. Windows such as the last 30 days
/// are counted in whole days UTC: a customer whose last order was 30 days ago is included at any
/// hour.
package enum FilterDays {
  /// Category of the day of the last order that is not cancelled. Customers without such an order
  /// have no value.
  static let lastOrder = "last_order_day"
  /// Category of the day of the last event. Every customer has exactly one value.
  package static let lastEvent = "last_event_day"
  /// Category of the day since which a phone number is shared by several people.
  static let sharedPhone = "shared_phone_day"
  /// The value for customers without events. It sorts before all days.
  package static let never = ""

  private static let day: Int64 = 86_400 * 1_000_000

  /// Returns the day of an instant as text that sorts by time. `micros` is in microseconds since
  /// 1970; an earlier instant counts as the first day.
  package static func value(_ micros: Int64) -> String { value(day: number(micros)) }

  /// Returns the value for the number of a day: at least seven digits, padded with zeros.
  package static func value(day number: Int64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 7 - digits.utf8.count)) + digits
  }

  /// Returns the number of days from 1970 to an instant in microseconds; 0 if it is earlier.
  package static func number(_ micros: Int64) -> Int64 { max(0, micros / day) }

  /// Returns the first day of the last `days` days. `now` is in microseconds since 1970.
  package static func first(ofLast days: Int64, at now: Int64) -> String { value(now - days * day) }
}

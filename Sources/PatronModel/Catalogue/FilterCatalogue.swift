/// A predefined filter of the customers page.
package struct FilterDefinition: Sendable, Hashable {
  /// The id, unique in its category.
  package let id: String
  /// The label for people.
  package let label: String
  /// The customers that it shows.
  package let description: String
  /// The rule that finds the customers.
  package let rule: FilterRule

  package init(
    _ id: String,
    _ label: String,
    _ description: String,
    finds rule: FilterRule = .sameName
  ) {
    self.id = id
    self.label = label
    self.description = description
    self.rule = rule
  }
}

/// A category of filters. Filters of one category are joined by OR, those of different categories
/// by AND.
package struct FilterCategory: Sendable {
  /// The id, unique in the catalogue. It is the category of the terms of its filters, too.
  package let id: String
  /// The label for people.
  package let label: String
  /// The subject of the category.
  package let description: String
  /// The filters of the category. Empty if its values are the store's own.
  package let filters: [FilterDefinition]
  /// Returns the normal form of a value, which is the same for all its spellings.
  package let key: @Sendable (_ value: String) -> String

  /// Makes a category of these filters.
  package init(id: String, label: String, description: String, filters: [FilterDefinition]) {
    self.id = id
    self.label = label
    self.description = description
    self.filters = filters
    key = { $0 }
  }

  /// Makes a category whose values are the store's own.
  package init(
    id: String,
    label: String,
    description: String,
    key: @escaping @Sendable (_ value: String) -> String
  ) {
    self.id = id
    self.label = label
    self.description = description
    self.key = key
    filters = []
  }

  /// True if the values are the store's own, such as its tags.
  package var isDynamic: Bool { filters.isEmpty }

  /// Returns the filter called `id`, or nil if there is none.
  package func filter(_ id: String) -> FilterDefinition? {
    filters.first { $0.id == id }
  }
}

/// The predefined filters of the customers page. `CustomerTerms.categories` of the core holds the
/// terms that each category finds.
package enum FilterCatalogue {
  /// All categories, in reading order.
  package static let categories: [FilterCategory] = [
    sms, email, orders, account, contact, birthday, origin, activity, tags, country, language,
  ]

  /// Returns the category called `id`, or nil if there is none.
  package static func category(_ id: String) -> FilterCategory? {
    categories.first { $0.id == id }
  }

  /// Checks a value of a filter. Values of dynamic categories are free, but not empty.
  ///
  /// - Throws: `FILTER_CATEGORY_UNKNOWN`, `FILTER_UNKNOWN`, each with the existing names.
  package static func check(category id: String, filter: String) throws(RuleError) {
    guard let category = category(id) else {
      throw RuleError(
        reason: "FILTER_CATEGORY_UNKNOWN",
        message: "There is no such category of filters. Expected is one of "
          + "\(categories.map(\.id).joined(separator: ", ")).",
        given: id
      )
    }
    if category.isDynamic, !filter.isEmpty { return }
    guard category.filter(filter) == nil else { return }
    let known = category.filters.map(\.id).joined(separator: ", ")
    throw RuleError(
      reason: "FILTER_UNKNOWN",
      message: "There is no such filter in category \(category.id). Expected is "
        + (category.isDynamic ? "a value." : "one of \(known)."),
      given: filter
    )
  }

  /// Consent to text messages.
  package static let sms = channel(.sms, "SMS subscribers", "text messages", "phone number")

  /// Consent to e-mail.
  package static let email = channel(.email, "Email subscribers", "e-mail", "e-mail address")

  private static func channel(
    _ channel: Channel,
    _ label: String,
    _ messages: String,
    _ address: String
  ) -> FilterCategory {
    FilterCategory(
      id: channel.name,
      label: label,
      description: "Whether customers agreed to marketing by \(messages).",
      filters: channelFilters(messages, address) + (channel == .sms ? [answered] : [])
    )
  }

  /// The id of the filter for customers whose reply may have been an opt-out.
  package static let possibleOptOut = "possible_opt_out"

  private static let answered = FilterDefinition(
    possibleOptOut,
    "May have opted out",
    "Wrote a text message that holds a word of opting out and more, and consent says nothing since."
  )

  private static func channelFilters(
    _ messages: String,
    _ address: String
  ) -> [FilterDefinition] {
    [
      FilterDefinition(
        "subscribers",
        "Subscribers",
        "Agreed to marketing by \(messages), also where the agreement has ended since."
      ),
      FilterDefinition("unsubscribed", "Unsubscribed", "Opted out of \(messages)."),
      FilterDefinition(
        "never_subscribed",
        "Never subscribed",
        "Never agreed to \(messages), never opted out."
      ),
      FilterDefinition(
        "suppressed",
        "Suppressed",
        "The \(address) must not be written to, whatever was agreed."
      ),
      FilterDefinition("pending", "Pending", "Asked for \(messages) and did not confirm yet."),
    ]
  }

  /// The orders of customers.
  package static let orders = FilterCategory(
    id: "orders",
    label: "Order history",
    description: "What customers ordered.",
    filters: [
      FilterDefinition("no_orders", "No orders", "Never ordered; cancelled orders do not count."),
      FilterDefinition("one_order", "One order", "Ordered exactly once."),
      FilterDefinition("repeat_customers", "Repeat customers", "Ordered at least twice."),
      FilterDefinition(
        "ordered_last_30_days",
        "Ordered in the last 30 days",
        "The latest order is at most 30 days old.",
        finds: .lastDays(30, of: FilterDays.lastOrder)
      ),
      FilterDefinition(
        "ordered_last_90_days",
        "Ordered in the last 90 days",
        "The latest order is at most 90 days old.",
        finds: .lastDays(90, of: FilterDays.lastOrder)
      ),
      FilterDefinition("refunded", "Refunded", "Was given money back for an order."),
    ]
  )

  /// The accounts of customers.
  package static let account = FilterCategory(
    id: "account",
    label: "Store account",
    description: "The customer's account with the shop.",
    filters: [
      FilterDefinition("enabled", "Enabled", "Has an account that works."),
      FilterDefinition("disabled", "Disabled", "Has an account that was disabled."),
      FilterDefinition("invited", "Invited", "Was invited to open an account."),
      FilterDefinition("declined", "Declined", "Declined an invitation to open an account."),
      FilterDefinition("no_account", "No account", "No account is known."),
    ]
  )

  /// The addresses that are known of customers.
  package static let contact = FilterCategory(
    id: "contact",
    label: "Contact details",
    description: "How customers can be reached.",
    filters: [
      FilterDefinition(
        "has_email",
        "Has an e-mail address",
        "An e-mail address is known.",
        finds: .anyOf(["both", "email_only"])
      ),
      FilterDefinition(
        "has_phone",
        "Has a phone number",
        "A phone number is known.",
        finds: .anyOf(["both", "phone_only"])
      ),
      FilterDefinition("email_only", "E-mail only", "Has an e-mail address and no phone number."),
      FilterDefinition("phone_only", "Phone only", "Has a phone number and no e-mail address."),
      FilterDefinition("both", "Both", "Has an e-mail address and a phone number."),
      FilterDefinition(
        "shared_phone",
        "Shared phone number",
        "The phone number came with more e-mail addresses in a year than the settings say.",
        finds: .lastDays(FilterDays.ofSharedPhone, of: FilterDays.sharedPhone)
      ),
    ]
  )

  /// The sources that made customers known.
  package static let origin = FilterCategory(
    id: "origin",
    label: "Created by",
    description: "What made the customer known.",
    filters: [
      FilterDefinition(
        "ecommerce_platform",
        "E-commerce platform",
        "An order, a checkout or a shop's record."
      ),
      FilterDefinition(
        "subscription_tool",
        "Subscription tool",
        "A form or another tool for subscribing."
      ),
      FilterDefinition("api", "API", "A call that created or updated the customer."),
      FilterDefinition("import", "Import", "An import of older records."),
      FilterDefinition("event", "Event", "An event of an own product or a third party."),
    ]
  )

  /// The events of customers.
  package static let activity = FilterCategory(
    id: "products",
    label: "Activity",
    description: "What customers do.",
    filters: [
      FilterDefinition("has_reviews", "Wrote reviews", "Wrote at least one review."),
      FilterDefinition("loyalty_member", "Loyalty member", "Is a member of the loyalty programme."),
      FilterDefinition(
        "no_activity_90_days",
        "Inactive for 90 days",
        "No event in the last 90 days.",
        finds: .notInLastDays(90, of: FilterDays.lastEvent)
      ),
    ]
  )

  /// Birthdays, which come every year.
  package static let birthday = FilterCategory(
    id: "birthday",
    label: "Birthday",
    description: "When customers have their birthday.",
    filters: [
      FilterDefinition(
        "this_month",
        "Birthday this month",
        "Have their birthday in the present month, in the time zone of the store.",
        finds: .thisMonth(of: "birthday_month")
      )
    ]
  )

  /// The tags of the store. Case does not matter.
  package static let tags = FilterCategory(
    id: "tags",
    label: "Tags",
    description: "Customers who carry a tag.",
    key: TagSet.key
  )

  /// The countries of addresses.
  package static let country = FilterCategory(
    id: "country",
    label: "Country",
    description: "Country of the address, ISO 3166-1 alpha-2."
  ) { (try? CountryCode($0))?.code ?? $0 }

  /// The languages of customers.
  package static let language = FilterCategory(
    id: "language",
    label: "Language",
    description: "Language of the customer, ISO 639-1."
  ) { (try? LanguageCode($0))?.code ?? $0 }
}

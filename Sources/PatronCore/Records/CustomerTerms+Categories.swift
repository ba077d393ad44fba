internal import PatronModel
internal import PatronProto
internal import PatronStore

extension CustomerTerms {
  /// The version of the rules below. Raise it by one whenever a customer that did not change has
  /// other terms than before: the next start makes the terms of every customer again
  /// (``TermsRebuild``).
  package static let rulesVersion: Int64 = 1

  /// The categories of ``FilterCatalogue/categories``, in the same order.
  package static let categories: [TermCategory] = [
    channel(.sms, FilterCatalogue.sms, dependsOn: ["phone_number", "possible_opt_out_at"]),
    channel(.email, FilterCatalogue.email, dependsOn: ["email"]),
    TermCategory(
      FilterCatalogue.orders,
      dependsOn: ["order_stats"],
      ofStatistics: { stats, terms in
        let orders = stats.orderStats.reduce(Int64(0)) { $0 + $1.orderCount }
        let filter = orders == 0 ? "no_orders" : orders == 1 ? "one_order" : "repeat_customers"
        terms.append(Term("orders", filter))
        if stats.orderStats.contains(where: { $0.refundedTotal > 0 || $0.unknownRefundCount > 0 }) {
          terms.append(Term("orders", "refunded"))
        }
        if let last = stats.orderStats.compactMap({ $0.lastOrderAt?.micros }).max() {
          terms.append(Term(FilterDays.lastOrder, FilterDays.value(last)))
        }
      }
    ),
    TermCategory(
      FilterCatalogue.account,
      dependsOn: ["account_status"],
      ofRecord: { customer, _, terms in
        terms.append(Term("account", customer.accountStatus ?? "no_account"))
      }
    ),
    TermCategory(
      FilterCatalogue.contact,
      dependsOn: ["email", "phone_number"],
      ofRecord: { customer, addresses, terms in
        switch (customer.email, customer.phoneNumber) {
        case (.some, .some): terms.append(Term("contact", "both"))
        case (.some, nil): terms.append(Term("contact", "email_only"))
        case (nil, .some): terms.append(Term("contact", "phone_only"))
        case (nil, nil): break
        }
        if let day = addresses.sharedPhoneDay {
          terms.append(Term(FilterDays.sharedPhone, FilterDays.value(day: day)))
        }
      }
    ),
    TermCategory(
      FilterCatalogue.birthday,
      dependsOn: ["birthday"],
      ofRecord: { customer, _, terms in
        if let date = customer.birthday, let day = try? CivilDate(date) {
          terms.append(Term("birthday_month", FilterDays.month(of: day)))
        }
      }
    ),
    TermCategory(
      FilterCatalogue.origin,
      dependsOn: ["origin"],
      ofRecord: { customer, _, terms in
        if let origin = origin(customer.origin) { terms.append(Term("origin", origin)) }
      }
    ),
    TermCategory(
      FilterCatalogue.activity,
      dependsOn: ["last_event_at", "loyalty", "reviews"],
      ofStatistics: { stats, terms in
        if let reviews = stats.reviews, reviews.totalReviews > 0 {
          terms.append(Term("products", "has_reviews"))
        }
        if stats.loyalty?.member == true { terms.append(Term("products", "loyalty_member")) }
        terms.append(Term(FilterDays.lastEvent, lastEventDay(stats)))
      }
    ),
    TermCategory(
      FilterCatalogue.tags,
      dependsOn: ["tags"],
      ofRecord: { customer, _, terms in
        guard let text = customer.tags, !text.isEmpty else { return }
        for tag in (try? TagSet(commaSeparated: text))?.tags ?? [] {
          terms.append(Term("tags", TagSet.key(tag), label: tag))
        }
      }
    ),
    TermCategory(
      FilterCatalogue.country,
      dependsOn: ["address"],
      ofRecord: { customer, _, terms in
        if let country = customer.address?.countryCode, !country.isEmpty {
          terms.append(Term("country", country))
        }
      }
    ),
    TermCategory(
      FilterCatalogue.language,
      dependsOn: ["default_language"],
      ofRecord: { customer, _, terms in
        if let language = customer.defaultLanguage, !language.isEmpty {
          terms.append(Term("language", language))
        }
      }
    ),
  ]

  /// Returns a channel's category: consent to marketing, suppressions, and replies by text message.
  private static func channel(
    _ channel: PatronModel.Channel,
    _ filters: PatronModel.FilterCategory,
    dependsOn fields: Set<String>
  ) -> TermCategory {
    TermCategory(
      filters,
      dependsOn: fields.union(["subscriptions"]),
      ofRecord: { customer, addresses, terms in
        terms.append(Term(channel.name, filter(of: customer.consent(channel, .marketing).state)))
        if addresses.suppressedChannels.contains(channel) {
          terms.append(Term(channel.name, "suppressed"))
        }
        if channel == .sms, customer.mayHaveOptedOut {
          terms.append(Term(channel.name, FilterCatalogue.possibleOptOut))
        }
      }
    )
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

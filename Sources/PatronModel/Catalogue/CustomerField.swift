/// The columns that every customer file can have, in the order of exports. Raw values are the names
/// in the header.
package enum CustomerField: String, Sendable, Hashable, CaseIterable {
  case id
  case externalID = "external_id"
  case email
  case phoneNumber = "phone_number"
  case firstName = "first_name"
  case lastName = "last_name"
  case gender
  case accountStatus = "account_status"
  case accountCreatedAt = "account_created_at"
  case defaultLanguage = "default_language"
  case defaultCurrency = "default_currency"
  /// The tags, joined with `, `.
  case tags
  case address1
  case address2
  case city
  case state
  case provinceCode = "province_code"
  case zip
  case countryCode = "country_code"
  case company
  case addressPhoneNumber = "address_phone_number"
  case acceptsSMSMarketing = "accepts_sms_marketing"
  case acceptsEmailMarketing = "accepts_email_marketing"
  case orderCount = "order_count"
  case totalSpent = "total_spent"
  case refundedTotal = "refunded_total"
  case netSpent = "net_spent"
  case currency
  case averageOrderValue = "average_order_value"
  case firstOrderAt = "first_order_at"
  case lastOrderAt = "last_order_at"
  case totalReviews = "total_reviews"
  case averageRating = "avg_rating"
  case loyaltyMember = "loyalty_member"
  case pointsBalance = "points_balance"
  case tier
  case origin
  case createdAt = "created_at"
  case updatedAt = "updated_at"
  case lastEventAt = "last_event_at"
  /// The full language tag that the default language comes from.
  case locale

  /// True if an import reads the column.
  package var isWritable: Bool {
    switch self {
    case .externalID, .email, .phoneNumber, .firstName, .lastName, .gender, .accountStatus,
      .accountCreatedAt, .defaultLanguage, .defaultCurrency, .tags, .address1, .address2, .city,
      .state, .provinceCode, .zip, .countryCode, .company, .addressPhoneNumber,
      .acceptsSMSMarketing, .acceptsEmailMarketing, .locale:
      true
    case .id, .orderCount, .totalSpent, .refundedTotal, .netSpent, .currency, .averageOrderValue,
      .firstOrderAt, .lastOrderAt, .totalReviews, .averageRating, .loyaltyMember, .pointsBalance,
      .tier, .origin, .createdAt, .updatedAt, .lastEventAt:
      false
    }
  }
}

/// The columns about the consent for a channel and topic. Raw values are suffixes of names:
/// `sms_consent`, `email_loyalty_consent_at`.
package enum ConsentColumn: String, Sendable, Hashable, CaseIterable {
  /// The state, such as `subscribed`.
  case state = "consent"
  /// The time of the last change of the state.
  case changedAt = "consent_at"
  /// The place where the agreement was collected.
  case source = "consent_source"
  /// The time of the last agreement.
  case subscribedAt = "subscribed_at"
  /// The time of the last opt-out.
  case unsubscribedAt = "unsubscribed_at"
  /// The level, `single` or `confirmed`.
  case optInLevel = "opt_in_level"
  /// The actor of the last change: `customer`, `operator`, `platform` or `system`.
  case changedBy = "consent_by"
  /// The end of an agreement for a limited time.
  case expiresAt = "consent_expires_at"
}

/// The columns about the suppressions of a channel. Each is a list with one item per suppression.
/// Raw values are suffixes of names: `sms_suppressed`.
package enum SuppressionColumn: String, Sendable, Hashable, CaseIterable {
  /// True if there are any suppressions.
  case isSuppressed = "suppressed"
  /// The reasons.
  case reasons = "suppression_reasons"
  /// The start times.
  case suppressedAt = "suppressed_at"
  /// The persons or systems that reported them.
  case sources = "suppression_sources"
  /// The free texts.
  case notes = "suppression_notes"

  /// True if an import reads the column.
  package var isWritable: Bool { self != .isSuppressed }
}

/// The types of properties, as columns name them: `custom.shoe_size:int`.
package enum PropertyType: String, Sendable, Hashable, CaseIterable, Comparable {
  case string
  case bool
  case int
  case double
  case timestamp
  case date

  /// Orders the types as their cases.
  package static func < (left: PropertyType, right: PropertyType) -> Bool {
    left.rank < right.rank
  }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

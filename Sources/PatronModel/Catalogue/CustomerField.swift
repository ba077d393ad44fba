/// Columns of a file of customers that every file can have, in the order in which an export writes
/// them. The raw values are the names in the header.
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
  /// Joined with `, `.
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
  /// The whole language tag that the language was taken from.
  case locale

  /// Whether an import takes the column.
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

/// What columns say of the consent of one channel and topic. The raw values are the ends of names:
/// `sms_consent`, `email_loyalty_consent_at`.
package enum ConsentColumn: String, Sendable, Hashable, CaseIterable {
  /// The state: `subscribed`.
  case state = "consent"
  /// When the state last changed.
  case changedAt = "consent_at"
  /// Where the agreement was collected.
  case source = "consent_source"
  /// When the customer last subscribed.
  case subscribedAt = "subscribed_at"
  /// When the customer last opted out.
  case unsubscribedAt = "unsubscribed_at"
  /// `single` or `confirmed`.
  case optInLevel = "opt_in_level"
  /// Who brought the state about: `customer`, `operator`, `platform` or `system`.
  case changedBy = "consent_by"
  /// When an agreement that holds for a time only ends.
  case expiresAt = "consent_expires_at"
}

/// What columns say of the suppressions of one channel; each of them is a list with one item for
/// each suppression. The raw values are the ends of names: `sms_suppressed`.
package enum SuppressionColumn: String, Sendable, Hashable, CaseIterable {
  /// Whether there are any.
  case isSuppressed = "suppressed"
  /// Why.
  case reasons = "suppression_reasons"
  /// Since when.
  case suppressedAt = "suppressed_at"
  /// Who or what reported it.
  case sources = "suppression_sources"
  /// Free text.
  case notes = "suppression_notes"

  /// Whether an import takes the column.
  package var isWritable: Bool { self != .isSuppressed }
}

/// Types of properties, as columns name them: `custom.shoe_size:int`.
package enum PropertyType: String, Sendable, Hashable, CaseIterable, Comparable {
  case string
  case bool
  case int
  case double
  case timestamp
  case date

  /// In the order of the cases.
  package static func < (left: PropertyType, right: PropertyType) -> Bool {
    left.rank < right.rank
  }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

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

  /// The name in `patron.v1.Address` of the part that the column holds; nil for other columns.
  package var addressPart: String? {
    switch self {
    case .address1, .address2, .city, .state, .provinceCode, .zip, .countryCode, .company: rawValue
    case .addressPhoneNumber: "phone_number"
    default: nil
    }
  }
}

internal import PatronModel
internal import PatronProto

/// The record of two customers who are one, without its consent; and the way back.
enum MergedRecord {
  /// The primary's record with what it lacks from the secondary's, and with what is preferred.
  ///
  /// - Throws: `TAGS_TOO_MANY`, `PROPERTIES_TOO_MANY`: each record keeps the limit, both together
  ///   may not.
  static func make(
    _ primary: Customer, _ secondary: Customer, _ preferences: MergePreferences
  ) throws(RuleError) -> Customer {
    var merged = primary
    for field in MergeField.all where field.isSet(secondary) {
      let isWanted = preferences.contains(field) || !field.isSet(primary)
      // Shops send the address as the external id of guests: it counts as none.
      let isGuest = field.name == "external_id" && primary.isGuest && !secondary.isGuest
      if isWanted || isGuest { field.copy(secondary, &merged) }
    }
    for (name, value) in secondary.customProperties
    where merged.customProperties[name] == nil || preferences.contains(property: name) {
      merged.customProperties[name] = value
    }
    try CustomProperty.checkCount(merged.customProperties.count)
    let tags = try TagSet(tagList(primary) + tagList(secondary)).commaSeparated
    merged.tags = tags.isEmpty ? nil : tags
    if let first = secondary.createdAt, first.micros < merged.createdAt?.micros ?? .max {
      merged.createdAt = first
    }
    merged.reviews = ReviewSummary.joined(primary.reviews, secondary.reviews)
    merged.loyalty = primary.loyalty ?? secondary.loyalty
    return merged
  }

  /// Names of the fields in which two records differ, sorted; consent is left out.
  static func changes(from old: Customer, to new: Customer) -> [String] {
    var names = MergeField.all.filter { !$0.isSame(old, new) }.map(\.name)
    if old.tags != new.tags { names.append("tags") }
    let properties = Set(old.customProperties.keys).union(new.customProperties.keys)
    for name in properties where old.customProperties[name] != new.customProperties[name] {
      names.append("custom_properties.\(name)")
    }
    return names.sorted()
  }

  /// The primary's record without what a merge brought: fields that are as the merge left them get
  /// their former value, those that were changed since stay. Identifiers of the secondary go back
  /// to it in any case.
  static func undone(
    _ current: Customer, before: Customer, after: Customer, secondary: Customer
  ) -> Customer {
    var record = current
    for field in MergeField.all + MergeField.own where field.isSame(current, after) {
      field.copy(before, &record)
    }
    if record.externalID == secondary.externalID { record.externalID = before.externalID }
    if key(record.email) == key(secondary.email) { record.email = before.email }
    if record.phoneNumber == secondary.phoneNumber { record.phoneNumber = before.phoneNumber }
    for (name, value) in after.customProperties where current.customProperties[name] == value {
      record.customProperties[name] = before.customProperties[name]
    }
    let known = Set(tagList(before).map(TagSet.key))
    let brought = Set(tagList(after).map(TagSet.key)).subtracting(known)
    let kept = tagList(current).filter { !brought.contains(TagSet.key($0)) }
    record.tags = kept.isEmpty ? nil : kept.joined(separator: ",")
    return record
  }

  private static func tagList(_ customer: Customer) -> [String] {
    (customer.tags ?? "").split(separator: ",").map(String.init)
  }

  private static func key(_ email: String?) -> String? {
    email.flatMap { try? EmailAddress($0).key }
  }
}

extension Customer {
  /// Whether the external id is only the own e-mail address.
  fileprivate var isGuest: Bool {
    IdentityMatch(
      customerID: id, externalID: externalID,
      emailKey: email.flatMap { try? EmailAddress($0).key }
    ).isGuest
  }
}

extension ReviewSummary {
  /// What is known of the reviews of both.
  fileprivate static func joined(
    _ first: ReviewSummary?, _ second: ReviewSummary?
  ) -> ReviewSummary? {
    guard let first, let second else { return first ?? second }
    let firstIsLast = first.lastReviewAt?.micros ?? .min >= second.lastReviewAt?.micros ?? .min
    var joined = firstIsLast ? first : second
    joined.totalReviews = first.totalReviews + second.totalReviews
    joined.productRatingCount = first.productRatingCount + second.productRatingCount
    joined.averageProductRating = mean(
      first.averageProductRating, first.productRatingCount,
      second.averageProductRating, second.productRatingCount)
    joined.siteRatingCount = first.siteRatingCount + second.siteRatingCount
    joined.averageSiteRating = mean(
      first.averageSiteRating, first.siteRatingCount,
      second.averageSiteRating, second.siteRatingCount)
    return joined
  }

  private static func mean(_ one: Double, _ count: Int64, _ other: Double, _ more: Int64) -> Double
  {
    guard count + more > 0 else { return 0 }
    return (one * Double(count) + other * Double(more)) / Double(count + more)
  }
}

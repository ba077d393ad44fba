internal import PatronModel
internal import PatronProto

/// The record of two merged customers without its consent, and the way back.
enum MergedRecord {
  /// Returns the primary's record, with the secondary's values where it lacks them or where they
  /// are preferred.
  ///
  /// - Throws: `TAGS_TOO_MANY`, `PROPERTIES_TOO_MANY`: each record keeps the limit, both together
  ///   may not.
  static func make(
    _ primary: Customer,
    _ secondary: Customer,
    _ preferences: MergePreferences
  ) throws(RuleError) -> Customer {
    var merged = primary
    for attribute in chosen where attribute.isSet(secondary) {
      let isWanted = preferences.contains(attribute) || !attribute.isSet(primary)
      // Shops send the address as the external id of guests: it counts as no external id.
      let isGuest = attribute.name == "external_id" && primary.isGuest && !secondary.isGuest
      if isWanted || isGuest { attribute.copy(secondary, &merged) }
    }
    // Without that address it would look like an identifier of the shop's.
    for guest in [primary, secondary]
    where guest.isGuest && merged.externalID == guest.externalID && merged.email != guest.email {
      merged.externalID = primary.hasOwnExternalID ? primary.externalID : nil
    }
    for (name, value) in secondary.customProperties
    where merged.customProperties[name] == nil || preferences.contains(property: name) {
      merged.customProperties[name] = value
    }
    try CustomProperty.checkCount(merged.customProperties.count)
    if !preferences.replacesTags {
      let tags = try TagSet(tagList(primary) + tagList(secondary)).commaSeparated
      merged.tags = tags.isEmpty ? nil : tags
    }
    if let other = secondary.possibleOptOutAt?.micros,
      other > merged.possibleOptOutAt?.micros ?? .min
    {
      merged.possibleOptOutAt = secondary.possibleOptOutAt
    }
    if let first = secondary.createdAt, first.micros < merged.createdAt?.micros ?? .max {
      merged.createdAt = first
    }
    return merged
  }

  /// Returns the names of the fields in which two records differ, sorted, without consent.
  static func changes(from old: Customer, to new: Customer) -> [String] {
    var names = CustomerAttribute.all.filter { !$0.isSame(old, new) }.map(\.name)
    let properties = Set(old.customProperties.keys).union(new.customProperties.keys)
    for name in properties where old.customProperties[name] != new.customProperties[name] {
      names.append("custom_properties.\(name)")
    }
    return names.sorted()
  }

  /// Returns the encoded provenance of a merged record. A field of the secondary keeps its setter
  /// there. A field that neither record has keeps the setter that cleared it last.
  static func provenance(
    _ primary: (Customer, Provenance),
    _ secondary: (Customer, Provenance),
    _ merged: Customer
  ) -> [UInt8] {
    var names = fields(of: changes(from: primary.0, to: merged).filter { $0 != "tags" })
    if primary.0.tags == nil { names.append("tags") }
    let unset = secondary.1.entries.map(\.field).filter { !isSet($0, in: merged) }
    names += unset.filter { name in
      let (own, other) = (primary.1.setter(of: name), secondary.1.setter(of: name))
      return own?.at ?? .min < other?.at ?? .min
    }
    return primary.1.taking(names, from: secondary.1)
  }

  /// Returns the encoded provenance of a record from which a merge was taken back. `before` has the
  /// setters before the merge. Summaries are not part of a record: their provenance goes back where
  /// `secondary` had set them last.
  static func provenance(
    undone: Customer,
    from current: Customer,
    _ now: Provenance,
    before: Provenance,
    of secondary: Provenance
  ) -> [UInt8] {
    let summaries = Provenance.summaries.filter { name in
      now.setter(of: name).map { $0 == secondary.setter(of: name) } ?? false
    }
    return now.taking(
      fields(of: changes(from: current, to: undone)) + summaries,
      from: before
    )
  }

  /// The attributes of which a merge takes one value as a whole.
  private static let chosen = CustomerAttribute.all.filter { $0.mergeRule == .choice }

  /// Returns the names of attributes and properties with those of the fields kept beside them.
  private static func fields(of names: [String]) -> [String] {
    names.flatMap { CustomerAttribute.named($0)?.fields.map(\.name) ?? [$0] }
  }

  private static func isSet(_ name: String, in customer: Customer) -> Bool {
    if let field = CustomerAttribute.all.lazy.flatMap(\.fields).first(where: { $0.name == name }) {
      return field.isSet(customer)
    }
    return customer.customProperties.keys.contains { name == "custom_properties.\($0)" }
  }

  /// Returns the primary's record without the values that a merge brought. Fields that are as the
  /// merge left them get their former value; fields that were changed since stay. Identifiers of
  /// the secondary go back to it in any case.
  static func undone(
    _ current: Customer,
    before: Customer,
    after: Customer,
    secondary: Customer
  ) -> Customer {
    var record = current
    for attribute in chosen where attribute.isSame(current, after) {
      attribute.copy(before, &record)
    }
    if current.createdAt == after.createdAt { record.createdAt = before.createdAt }
    if record.externalID == secondary.externalID { record.externalID = before.externalID }
    if key(record.email) == key(secondary.email) { record.email = before.email }
    if record.phoneNumber == secondary.phoneNumber { record.phoneNumber = before.phoneNumber }
    for (name, value) in after.customProperties where current.customProperties[name] == value {
      record.customProperties[name] = before.customProperties[name]
    }
    if current.possibleOptOutAt == after.possibleOptOutAt {
      record.possibleOptOutAt = before.possibleOptOutAt
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
  /// True if the external id is only the customer's own e-mail address.
  fileprivate var isGuest: Bool { match.isGuest }

  /// True if the external id is the shop's.
  fileprivate var hasOwnExternalID: Bool { match.hasOwnExternalID }

  private var match: IdentityMatch {
    IdentityMatch(
      customerID: id,
      externalID: externalID,
      emailKey: email.flatMap { try? EmailAddress($0).key }
    )
  }
}

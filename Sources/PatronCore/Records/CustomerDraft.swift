package import PatronModel
package import PatronProto

/// A checked customer input. Every value is in its stored form.
package struct CustomerDraft: Sendable {
  package var externalID: FieldEdit<String>
  package var email: FieldEdit<EmailAddress>
  package var phone: FieldEdit<PhoneNumber>
  package var firstName: FieldEdit<String>
  package var lastName: FieldEdit<String>
  package var gender: FieldEdit<Gender>
  package var accountCreatedAt: FieldEdit<PatronModel.Timestamp>
  package var accountStatus: FieldEdit<AccountStatus>
  var language: FieldEdit<LanguageCode>
  package var currency: FieldEdit<CurrencyCode>
  package var tags: FieldEdit<String>
  package var address: FieldEdit<AddressEdit>
  /// The custom properties by name; a nil value removes the property.
  package var properties: [(name: String, value: PatronProto.PropertyValue?)]
  var acceptsSMS: Bool?
  var acceptsEmail: Bool?
  /// Channels whose flag is removed, because the shop does not state it any more. Consent stays.
  package var clearedFlags: [PatronModel.Channel] = []
  /// Warnings about input that was accepted but deserves attention.
  package var warnings: [Warning] = []
  /// Fields that replace stored values even if the mode only fills gaps, by their protocol names.
  package var overwrites: Set<String> = []
  /// Identifiers that are taken if the customer is known; nil for all.
  var filledIdentifiers: Set<String>?
  /// True if the names come from the signature of a text. They count only if the customer has no
  /// name.
  var namesAreSigned = false

  /// True if values that break a rule are left out with a warning.
  let dropsInvalid: Bool
  /// Channels whose address broke a rule and was left out.
  package private(set) var droppedAddresses: Set<PatronModel.Channel> = []

  /// Checks an input and adds violations under `path`. An address is secondary if another
  /// identifier names the customer, or if `isNamed` says that the call does. `now` is in
  /// microseconds since 1970.
  package init(
    _ input: CustomerInput,
    path: String,
    defaultCountry: CountryCode?,
    now: Int64,
    isNamed: Bool = false,
    violations: inout Violations
  ) {
    let earlier = violations.warnings.count
    dropsInvalid = violations.dropsSecondary
    externalID = violations.edit("\(path).external_id", input.externalID, isEssential: true) {
      text throws(RuleError) in try ExternalID(text, takesPlaceholders: true).value
    }
    let parsePhone = { (text: String) throws(RuleError) in
      try PhoneNumber(text, defaultCountry: defaultCountry)
    }
    let isNamedOtherwise = isNamed || externalID.value != nil
    let hasPhone = input.phoneNumber.map { (try? parsePhone($0)) != nil } ?? false
    let needsEmail = !isNamedOtherwise && !hasPhone
    email = violations.edit("\(path).email", input.email, isEssential: needsEmail) {
      text throws(RuleError) in try EmailAddress(text)
    }
    let needsPhone = !isNamedOtherwise && email.value == nil
    phone = violations.edit(
      "\(path).phone_number",
      input.phoneNumber,
      isEssential: needsPhone,
      parsePhone
    )
    if let warning = phone.value?.warning { violations.warn("\(path).phone_number", warning) }
    if dropsInvalid, !needsEmail, email.isLeave, input.email != nil {
      droppedAddresses.insert(.email)
    }
    if dropsInvalid, !needsPhone, phone.isLeave, input.phoneNumber != nil {
      droppedAddresses.insert(.sms)
    }
    firstName = violations.editText("\(path).first_name", input.firstName)
    lastName = violations.editText("\(path).last_name", input.lastName)
    gender = violations.edit("\(path).gender", input.gender) { text throws(RuleError) in
      try Gender(text)
    }
    accountStatus = violations.edit("\(path).account_status", input.accountStatus) {
      text throws(RuleError) in try AccountStatus(text)
    }
    language = violations.edit("\(path).default_language", input.defaultLanguage) {
      text throws(RuleError) in try LanguageCode(text)
    }
    currency = violations.edit("\(path).default_currency", input.defaultCurrency) {
      text throws(RuleError) in try CurrencyCode(text)
    }
    tags = Self.tags(input, path, &violations)
    accountCreatedAt = Self.accountCreatedAt(input, path, now, &violations)
    address = Self.address(input, path, defaultCountry, &violations)
    properties = Self.properties(input, path, &violations)
    acceptsSMS = input.acceptsSMSMarketing
    acceptsEmail = input.acceptsEmailMarketing
    dropAgreements(path, &violations)
    warnings = violations.warnings.dropFirst(earlier).map(Warning.about)
    if let id = externalID.value { violations.suspect("\(path).external_id", id) }
  }

  /// Leaves out agreements to addresses that were left out: they must not count for the stored
  /// address. A refusal stays.
  private mutating func dropAgreements(_ path: String, _ violations: inout Violations) {
    for channel in PatronModel.Channel.allCases where droppedAddresses.contains(channel) {
      let isAgreement = channel == .sms ? acceptsSMS == true : acceptsEmail == true
      guard isAgreement else { continue }
      violations.addSecondary(
        "\(path).accepts_\(channel.name)_marketing",
        .saidOfLeftAddress
      )
      if channel == .sms { acceptsSMS = nil } else { acceptsEmail = nil }
    }
  }

  /// The identifiers in the input, in the form that is compared.
  package var identifiers: Identifiers {
    Identifiers(
      externalID: externalID.value,
      emailKey: email.value?.key,
      phone: phone.value?.e164
    )
  }

  /// Drops an identifier that belongs to another customer. The stored value stays.
  package mutating func drop(_ field: IdentifierField) {
    switch field {
    case .externalID: externalID = .leave
    case .email: email = .leave
    case .phone: phone = .leave
    }
  }
}

extension CustomerDraft {
  /// Drops properties beyond the maximum that a customer may have, and returns a warning for each.
  /// Does nothing unless values that break a rule are left out.
  mutating func leaveExcessProperties(over customer: Customer) -> [Warning] {
    guard dropsInvalid, !properties.isEmpty else { return [] }
    var names = Set(customer.customProperties.keys)
    for (name, value) in properties where value == nil { names.remove(name) }
    var excess = Violations(dropsSecondary: true)
    properties.removeAll { name, value in
      guard value != nil, !names.contains(name) else { return false }
      do throws(RuleError) {
        try CustomProperty.checkCount(names.count + 1)
        names.insert(name)
        return false
      } catch {
        excess.addSecondary("customer.custom_properties.\(name)", error)
        return true
      }
    }
    return excess.warnings.map(Warning.about)
  }
}

// MARK: - Fields other than plain text

extension CustomerDraft {
  private static func accountCreatedAt(
    _ input: CustomerInput,
    _ path: String,
    _ now: Int64,
    _ violations: inout Violations
  ) -> FieldEdit<PatronModel.Timestamp> {
    guard let given = input.accountCreatedAt else { return .leave }
    if given.seconds == 0 && given.nanos == 0 { return .clear }
    let time = violations.secondary("\(path).account_created_at") { () throws(RuleError) in
      let time = try PatronModel.Timestamp(seconds: given.seconds, nanos: given.nanos)
      try TimeBounds.checkAccountCreated(time, now: .init(microseconds: now))
      return time
    }
    return time.map(FieldEdit.set) ?? .leave
  }

  private static func tags(
    _ input: CustomerInput,
    _ path: String,
    _ violations: inout Violations
  ) -> FieldEdit<String> {
    guard violations.dropsSecondary, let text = input.tags else {
      let edit = violations.edit("\(path).tags", input.tags) { text throws(RuleError) in
        try TagSet(commaSeparated: text).commaSeparated
      }
      return edit.value?.isEmpty == true ? .clear : edit
    }
    let before = violations.warnings.count
    let tags = TagSet(validOf: text) { violations.addSecondary("\(path).tags", $0) }
    let isCleared = violations.warnings.count == before
    return tags.tags.isEmpty ? isCleared ? .clear : .leave : .set(tags.commaSeparated)
  }

  private static func properties(
    _ input: CustomerInput,
    _ path: String,
    _ violations: inout Violations
  ) -> [(name: String, value: PatronProto.PropertyValue?)] {
    var properties: [(name: String, value: PatronProto.PropertyValue?)] = []
    for (name, value) in input.customProperties.sorted(by: { $0.key < $1.key }) {
      let field = "\(path).custom_properties.\(Redaction.cut(name))"
      let checked = violations.secondary(field) {
        () throws(RuleError) -> PatronProto.PropertyValue? in
        try CustomProperty.checkName(name)
        guard let model = try PatronModel.PropertyValue(value), !model.removes else { return nil }
        try model.check()
        return value
      }
      if let checked { properties.append((name, checked)) }
    }
    return properties
  }
}

extension RuleError {
  /// The violation of a statement about an address that was left out.
  static let saidOfLeftAddress = RuleError(
    reason: "ADDRESS_MISSING",
    message: "It was said of an address that breaks a rule. Give the address as it is."
  )
}

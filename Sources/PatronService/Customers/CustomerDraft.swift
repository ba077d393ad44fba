internal import PatronModel
internal import PatronProto
internal import TTRPC

/// A customer input that was checked: every value in the form in which it is stored.
struct CustomerDraft: Sendable {
  var externalID: FieldEdit<String>
  var email: FieldEdit<EmailAddress>
  var phone: FieldEdit<PhoneNumber>
  var firstName: FieldEdit<String>
  var lastName: FieldEdit<String>
  var gender: FieldEdit<Gender>
  var accountCreatedAt: FieldEdit<PatronModel.Timestamp>
  var accountStatus: FieldEdit<AccountStatus>
  var language: FieldEdit<LanguageCode>
  var currency: FieldEdit<CurrencyCode>
  var tags: FieldEdit<String>
  var address: FieldEdit<AddressEdit>
  /// By name; nil removes.
  var properties: [(name: String, value: PatronProto.PropertyValue?)]
  var acceptsSMS: Bool?
  var acceptsEmail: Bool?
  /// Channels of which nothing is said any more: their flag goes, their consent stays.
  var clearedFlags: [PatronModel.Channel] = []
  /// What was understood but deserves attention.
  var warnings: [Warning]
  /// Fields that are taken also where gaps are filled, in protocol names.
  var overwrites: Set<String> = []
  /// Identifiers that are taken where the customer is known; nil for all.
  var filledIdentifiers: Set<String>?
  /// Whether the names are those that a text was signed with: they count where there are none.
  var namesAreSigned = false

  /// Checks an input. What is wrong is added to `violations`, under `path`.
  init(
    _ input: CustomerInput, path: String, defaultCountry: CountryCode?, now: Int64,
    violations: inout Violations
  ) {
    let earlier = violations.warnings.count
    externalID = violations.edit("\(path).external_id", input.externalID) {
      text throws(RuleError) in try ExternalID(text).value
    }
    email = violations.edit("\(path).email", input.email) { text throws(RuleError) in
      try EmailAddress(text)
    }
    phone = violations.edit("\(path).phone_number", input.phoneNumber) { text throws(RuleError) in
      try PhoneNumber(text, defaultCountry: defaultCountry)
    }
    firstName = violations.edit("\(path).first_name", input.firstName) { text throws(RuleError) in
      try PersonName(text).value
    }
    lastName = violations.edit("\(path).last_name", input.lastName) { text throws(RuleError) in
      try PersonName(text).value
    }
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
    tags = violations.edit("\(path).tags", input.tags) { text throws(RuleError) in
      try TagSet(commaSeparated: text).commaSeparated
    }
    if tags.value?.isEmpty == true { tags = .clear }
    accountCreatedAt = Self.accountCreatedAt(input, path, now, &violations)
    address = Self.address(input, path, defaultCountry, &violations)
    properties = Self.properties(input, path, &violations)
    acceptsSMS = input.acceptsSMSMarketing
    acceptsEmail = input.acceptsEmailMarketing
    warnings = violations.warnings.dropFirst(earlier).map(Warning.about)
  }

  /// The identifiers that the input gives, in the form in which they are compared.
  var identifiers: Identifiers {
    Identifiers(
      externalID: externalID.value, emailKey: email.value?.key, phone: phone.value?.e164)
  }

  /// Leaves the identifier that belongs to another customer as it is stored.
  mutating func drop(_ field: IdentifierField) {
    switch field {
    case .externalID: externalID = .leave
    case .email: email = .leave
    case .phone: phone = .leave
    }
  }
}

// MARK: - Fields that are no plain text

extension CustomerDraft {
  private static func accountCreatedAt(
    _ input: CustomerInput, _ path: String, _ now: Int64, _ violations: inout Violations
  ) -> FieldEdit<PatronModel.Timestamp> {
    guard let given = input.accountCreatedAt else { return .leave }
    if given.seconds == 0 && given.nanos == 0 { return .clear }
    let time = violations.check("\(path).account_created_at") { () throws(RuleError) in
      let time = try PatronModel.Timestamp(seconds: given.seconds, nanos: given.nanos)
      try TimeBounds.checkAccountCreated(time, now: .init(microseconds: now))
      return time
    }
    return time.map(FieldEdit.set) ?? .leave
  }

  private static func properties(
    _ input: CustomerInput, _ path: String, _ violations: inout Violations
  ) -> [(name: String, value: PatronProto.PropertyValue?)] {
    var properties: [(name: String, value: PatronProto.PropertyValue?)] = []
    for (name, value) in input.customProperties.sorted(by: { $0.key < $1.key }) {
      let field = "\(path).custom_properties.\(Redaction.cut(name))"
      let checked = violations.check(field) { () throws(RuleError) -> PatronProto.PropertyValue? in
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

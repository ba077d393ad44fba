package import PatronModel
package import PatronProto

/// A checked customer input. Every value is in its stored form.
package struct CustomerDraft: Sendable {
  package var externalID: FieldEdit<String>
  package var email: FieldEdit<EmailAddress>
  package var phone: FieldEdit<PhoneNumber>
  package var address: FieldEdit<AddressEdit>
  /// The other attributes that the input sets or clears.
  private(set) var given = AttributeSet()
  /// The values of the given attributes; those that it clears are not set.
  private(set) var values = Values.none

  /// A record with values: a class, because drafts are passed on by value and records are large.
  final class Values: Sendable {
    static let none = Values(Customer())
    let record: Customer

    init(_ record: Customer) { self.record = record }
  }
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
    let check = DraftCheck(path: path, now: now)
    var record = Customer()
    for attribute in CustomerAttribute.all {
      guard case .value(let isGiven) = attribute.role,
        isGiven(input, check, &record, &violations)
      else { continue }
      given.insert(attribute)
    }
    if !given.isEmpty { values = Values(record) }
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

// MARK: - Attributes

extension CustomerDraft {
  /// Returns true if the input sets or clears an attribute that is no identifier.
  func gives(_ attribute: CustomerAttribute) -> Bool {
    if case .address = attribute.role { !address.isLeave } else { given.contains(attribute) }
  }

  /// Leaves the stored value of an attribute that is no identifier.
  mutating func leave(_ attribute: CustomerAttribute) {
    if case .address = attribute.role { address = .leave } else { given.remove(attribute) }
  }

  /// Sets an attribute, or clears it if `assign` sets no value.
  package mutating func set(_ attribute: CustomerAttribute, _ assign: (inout Customer) -> Void) {
    var record = values.record
    assign(&record)
    values = Values(record)
    given.insert(attribute)
  }

  /// Returns true if the input has a value for an attribute.
  func sets(_ attribute: CustomerAttribute) -> Bool {
    given.contains(attribute) && attribute.isSet(values.record)
  }
}

// MARK: - Custom properties

extension CustomerDraft {
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

package import PatronModel
package import PatronProto

// Conversions between values of the contract and values of the model.

extension PostalAddress {
  /// Creates an unchecked address from the caller's. Empty parts become nil.
  package init(_ address: Address) {
    func part(_ text: String) -> String? { text.isEmpty ? nil : text }
    self.init(
      address1: part(address.address1),
      address2: part(address.address2),
      city: part(address.city),
      company: part(address.company),
      state: part(address.state),
      zip: part(address.zip),
      provinceCode: part(address.provinceCode),
      countryCode: part(address.countryCode),
      phoneNumber: part(address.phoneNumber)
    )
  }
}

extension Address {
  /// Creates the contract's address from a checked address.
  package init(_ address: PostalAddress) {
    self.init()
    address1 = address.address1 ?? ""
    address2 = address.address2 ?? ""
    city = address.city ?? ""
    company = address.company ?? ""
    state = address.state ?? ""
    zip = address.zip ?? ""
    provinceCode = address.provinceCode ?? ""
    countryCode = address.countryCode ?? ""
    phoneNumber = address.phoneNumber ?? ""
  }
}

extension PatronModel.PropertyValue {
  /// Creates a value from the contract's value; nil if it has no kind.
  ///
  /// - Throws: `DATE_INVALID`, or the reasons of ``Timestamp``, for a time that does not exist.
  package init?(_ value: PatronProto.PropertyValue) throws(RuleError) {
    switch value.kind {
    case .stringValue(let text): self = .string(text)
    case .boolValue(let flag): self = .bool(flag)
    case .int64Value(let number): self = .int(number)
    case .doubleValue(let number): self = .double(number)
    case .timestampValue(let time):
      self = .timestamp(try PatronModel.Timestamp(seconds: time.seconds, nanos: time.nanos))
    case .dateValue(let date):
      self = .date(try CivilDate(date))
    case nil: return nil
    }
  }
}

extension CivilDate {
  /// Creates a day from the contract's.
  ///
  /// - Throws: `DATE_INVALID` for a day that does not exist.
  package init(_ date: CalendarDate) throws(RuleError) {
    guard
      let date = CivilDate(year: Int(date.year), month: Int(date.month), day: Int(date.day))
    else {
      throw RuleError(
        reason: "DATE_INVALID",
        message: "There is no such day. Expected is a year from 1 to 9999, a month and a day."
      )
    }
    self = date
  }
}

extension CountryCode {
  /// Returns the country that a request names for numbers without `+`; nil if it names none or the
  /// code breaks a rule.
  package static func checked(
    _ text: String,
    path: String = "default_country",
    _ violations: inout Violations
  ) -> CountryCode? {
    guard !text.isEmpty else { return nil }
    return violations.check(path) { () throws(RuleError) in try CountryCode(text) }
  }
}

extension ConsentActor {
  /// Returns the actor that a request names, or `unspecified` if it names none. An unknown actor is
  /// added as a violation.
  package static func checked(
    _ actor: ActorKind,
    unspecified: ConsentActor,
    path: String = "actor",
    _ violations: inout Violations
  ) -> ConsentActor {
    if actor == .unspecified { return unspecified }
    guard let known = ConsentActor(rawValue: Int(actor.rawValue)) else {
      violations.add(
        path,
        RuleError(
          reason: "ACTOR_UNKNOWN",
          message: "The actor is not known. Expected is one of ACTOR_CUSTOMER, ACTOR_OPERATOR, "
            + "ACTOR_PLATFORM and ACTOR_SYSTEM."
        )
      )
      return unspecified
    }
    return known
  }
}

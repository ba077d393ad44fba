package import PatronModel
package import PatronProto

// Values of the contract as values of the model, and back.

extension PostalAddress {
  /// An address as a caller gave it; empty parts are absent.
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
  /// A checked address.
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
  /// A value of the contract; nil when it has no kind.
  package init?(_ value: PatronProto.PropertyValue) throws(RuleError) {
    switch value.kind {
    case .stringValue(let text): self = .string(text)
    case .boolValue(let flag): self = .bool(flag)
    case .int64Value(let number): self = .int(number)
    case .doubleValue(let number): self = .double(number)
    case .timestampValue(let time):
      self = .timestamp(try PatronModel.Timestamp(seconds: time.seconds, nanos: time.nanos))
    case .dateValue(let date):
      self = .date(try CivilDate(checkedYear: date.year, month: date.month, day: date.day))
    case nil: return nil
    }
  }
}

extension CivilDate {
  /// A day of the contract.
  fileprivate init(checkedYear year: Int32, month: Int32, day: Int32) throws(RuleError) {
    guard let date = CivilDate(year: Int(year), month: Int(month), day: Int(day)) else {
      throw RuleError(
        reason: "DATE_INVALID",
        message: "There is no such day. Expected is a year from 1 to 9999, a month and a day."
      )
    }
    self = date
  }
}

extension CountryCode {
  /// The country of numbers without `+` that a request names; nil when it names none.
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
  /// The actor that a request names, or what the method takes when it names none.
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

internal import PatronModel
internal import PatronProto
internal import ProtobufC

extension CustomerAttribute {
  /// The attributes in the order of the contract.
  package static let all = [
    externalID, email, phoneNumber, firstName, lastName, gender, birthday, accountCreatedAt,
    accountStatus, language, currency, tags, address, acceptsSMSMarketing, acceptsEmailMarketing,
  ]

  private static let externalID = CustomerAttribute(
    .identifier(.externalID),
    [Field("external_id", bit: 0, \.externalID)],
    input: \.externalID,
    empty: ""
  )

  private static let email = CustomerAttribute(
    .identifier(.email),
    [Field("email", bit: 1, \.email)],
    input: \.email,
    empty: ""
  )

  private static let phoneNumber = CustomerAttribute(
    .identifier(.phone),
    [Field("phone_number", bit: 2, \.phoneNumber)],
    input: \.phoneNumber,
    empty: ""
  )

  static let firstName = text(
    Field("first_name", bit: 3, \.firstName),
    \.firstName,
    input: \.firstName
  ) { $2.editText($0, $1) }

  static let lastName = text(
    Field("last_name", bit: 4, \.lastName),
    \.lastName,
    input: \.lastName
  ) { $2.editText($0, $1) }

  private static let gender = text(
    Field("gender", bit: 5, \.gender),
    \.gender,
    input: \.gender,
    examples: ["F", "M", "Other"]
  ) { path, text, violations in
    violations.edit(path, text) { text throws(RuleError) in try Gender(text).rawValue }
  }

  private static let birthday = CustomerAttribute(
    .value { checked, values, violations in
      guard let given = checked.input.birthday else { return false }
      if given == CalendarDate() { return true }
      let isValid: Void? = violations.secondary("\(checked.path).birthday") {
        () throws(RuleError) in
        try checkBirthday(CivilDate(given), now: .init(microseconds: checked.now))
      }
      guard isValid != nil else { return false }
      values.birthday = given
      return true
    },
    [Field("birthday", bit: 18, \.birthday)],
    input: \.birthday,
    empty: CalendarDate(),
    examples: (0..<56).map { number in
      .with {
        $0.year = Int32(1950 + number)
        $0.month = Int32(1 + number % 12)
        $0.day = Int32(1 + number % 28)
      }
    }
  )

  static let accountCreatedAt = CustomerAttribute(
    .value { checked, values, violations in
      guard let given = checked.input.accountCreatedAt else { return false }
      if given.seconds == 0 && given.nanos == 0 { return true }
      let time = violations.secondary("\(checked.path).account_created_at") {
        () throws(RuleError) in
        let time = try PatronModel.Timestamp(seconds: given.seconds, nanos: given.nanos)
        try TimeBounds.checkAccountCreated(time, now: .init(microseconds: checked.now))
        return time
      }
      values.accountCreatedAt = time.map { .init(micros: $0.microseconds) }
      return time != nil
    },
    [Field("account_created_at", bit: 6, \.accountCreatedAt)],
    input: \.accountCreatedAt,
    empty: GoogleProtobuf.Timestamp()
  )

  static let accountStatus = text(
    Field("account_status", bit: 7, \.accountStatus),
    \.accountStatus,
    input: \.accountStatus
  ) { path, text, violations in
    violations.edit(path, text) { text throws(RuleError) in try AccountStatus(text).rawValue }
  }

  /// The language, kept as a code and as the whole tag that the code was taken from.
  private static let language = CustomerAttribute(
    .value { checked, values, violations in
      guard let text = checked.input.defaultLanguage else { return false }
      let edit = violations.edit("\(checked.path).default_language", text) {
        text throws(RuleError) in try LanguageCode(text)
      }
      values.defaultLanguage = edit.value?.code
      values.locale = edit.value?.locale
      return !edit.isLeave
    },
    [
      Field("default_language", bit: 8, \.defaultLanguage), Field("locale", bit: 9, \.locale),
    ],
    input: \.defaultLanguage,
    empty: ""
  )

  package static let currency = text(
    Field("default_currency", bit: 10, \.defaultCurrency),
    \.defaultCurrency,
    input: \.defaultCurrency
  ) { path, text, violations in
    violations.edit(path, text) { text throws(RuleError) in try CurrencyCode(text).code }
  }

  package static let tags = text(
    Field("tags", bit: 11, \.tags),
    \.tags,
    input: \.tags,
    mergeRule: .union,
    checkedTags
  )

  private static let address = CustomerAttribute(
    .address,
    [Field("address", bit: 12, \.address)],
    input: \.address,
    empty: Address()
  )

  private static let acceptsSMSMarketing = CustomerAttribute(
    .flag(.sms),
    [Field("accepts_sms_marketing", bit: 13, \.acceptsSMSMarketing)],
    input: \.acceptsSMSMarketing,
    empty: nil
  )

  private static let acceptsEmailMarketing = CustomerAttribute(
    .flag(.email),
    [Field("accepts_email_marketing", bit: 14, \.acceptsEmailMarketing)],
    input: \.acceptsEmailMarketing,
    empty: nil
  )
}

// MARK: - Checks

extension CustomerAttribute {
  /// Makes an attribute with a text, which is stored as `check` returns it.
  private static func text(
    _ field: Field,
    _ stored: any WritableKeyPath<Customer, String?> & Sendable,
    input: any WritableKeyPath<CustomerInput, String?> & Sendable,
    examples: [String] = [],
    mergeRule: MergeRule = .choice,
    _ check: @escaping @Sendable (String, String, inout Violations) -> FieldEdit<String>
  ) -> CustomerAttribute {
    CustomerAttribute(
      .value { checked, values, violations in
        guard let text = checked.input[keyPath: input] else { return false }
        let edit = check("\(checked.path).\(field.name)", text, &violations)
        values[keyPath: stored] = edit.value
        return !edit.isLeave
      },
      [field],
      input: input,
      empty: "",
      examples: examples,
      mergeRule: mergeRule
    )
  }

  /// Checks that a customer can have been born on a day, with a day of lead for time zones. Days
  /// before 1900 are placeholders of other programs.
  ///
  /// - Throws: `BIRTHDAY_TOO_EARLY`, `BIRTHDAY_IN_FUTURE`.
  private static func checkBirthday(
    _ date: CivilDate,
    now: PatronModel.Timestamp
  ) throws(RuleError) {
    guard date.year >= 1900 else {
      throw RuleError(
        reason: "BIRTHDAY_TOO_EARLY",
        message: "The birthday is too early. Expected is 1900-01-01 or later.",
        given: date.iso8601
      )
    }
    guard date.startOfDay <= now.advanced(bySeconds: 86_400) else {
      throw RuleError(
        reason: "BIRTHDAY_IN_FUTURE",
        message: "The birthday is in the future. Expected is a day that has been.",
        given: date.iso8601
      )
    }
  }

  @Sendable private static func checkedTags(
    _ path: String,
    _ text: String,
    _ violations: inout Violations
  ) -> FieldEdit<String> {
    guard violations.dropsSecondary else {
      let edit = violations.edit(path, text) { text throws(RuleError) in
        try TagSet(commaSeparated: text).commaSeparated
      }
      return edit.value?.isEmpty == true ? .clear : edit
    }
    let before = violations.warnings.count
    let tags = TagSet(validOf: text) { violations.addSecondary(path, $0) }
    let isCleared = violations.warnings.count == before
    return tags.tags.isEmpty ? isCleared ? .clear : .leave : .set(tags.commaSeparated)
  }
}

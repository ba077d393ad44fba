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
    [Field("external_id", bit: 0, Member({ $0.externalID }, set: { $0.externalID = $1 }))],
    input: Member({ $0.externalID }, set: { $0.externalID = $1 }),
    empty: ""
  )

  private static let email = CustomerAttribute(
    .identifier(.email),
    [Field("email", bit: 1, Member({ $0.email }, set: { $0.email = $1 }))],
    input: Member({ $0.email }, set: { $0.email = $1 }),
    empty: ""
  )

  private static let phoneNumber = CustomerAttribute(
    .identifier(.phone),
    [Field("phone_number", bit: 2, Member({ $0.phoneNumber }, set: { $0.phoneNumber = $1 }))],
    input: Member({ $0.phoneNumber }, set: { $0.phoneNumber = $1 }),
    empty: ""
  )

  static let firstName = text(
    "first_name",
    bit: 3,
    Member({ $0.firstName }, set: { $0.firstName = $1 }),
    input: Member({ $0.firstName }, set: { $0.firstName = $1 })
  ) { $2.editText($0, $1) }

  static let lastName = text(
    "last_name",
    bit: 4,
    Member({ $0.lastName }, set: { $0.lastName = $1 }),
    input: Member({ $0.lastName }, set: { $0.lastName = $1 })
  ) { $2.editText($0, $1) }

  private static let gender = text(
    "gender",
    bit: 5,
    Member({ $0.gender }, set: { $0.gender = $1 }),
    input: Member({ $0.gender }, set: { $0.gender = $1 }),
    examples: ["F", "M", "Other"]
  ) { path, text, violations in
    violations.edit(path, text) { text throws(RuleError) in try Gender(text).rawValue }
  }

  private static let birthday = CustomerAttribute(
    .value { input, check, values, violations in
      guard let given = input.birthday else { return false }
      if given == CalendarDate() { return true }
      let isValid: Void? = violations.secondary("\(check.path).birthday") {
        () throws(RuleError) in
        try checkBirthday(CivilDate(given), now: .init(microseconds: check.now))
      }
      guard isValid != nil else { return false }
      values.birthday = given
      return true
    },
    [Field("birthday", bit: 18, Member({ $0.birthday }, set: { $0.birthday = $1 }))],
    input: Member({ $0.birthday }, set: { $0.birthday = $1 }),
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
    .value { input, check, values, violations in
      guard let given = input.accountCreatedAt else { return false }
      if given.seconds == 0 && given.nanos == 0 { return true }
      let time = violations.secondary("\(check.path).account_created_at") {
        () throws(RuleError) in
        let time = try PatronModel.Timestamp(seconds: given.seconds, nanos: given.nanos)
        try TimeBounds.checkAccountCreated(time, now: .init(microseconds: check.now))
        return time
      }
      values.accountCreatedAt = time.map { .init(micros: $0.microseconds) }
      return time != nil
    },
    [
      Field(
        "account_created_at",
        bit: 6,
        Member({ $0.accountCreatedAt }, set: { $0.accountCreatedAt = $1 })
      )
    ],
    input: Member({ $0.accountCreatedAt }, set: { $0.accountCreatedAt = $1 }),
    empty: GoogleProtobuf.Timestamp()
  )

  static let accountStatus = text(
    "account_status",
    bit: 7,
    Member({ $0.accountStatus }, set: { $0.accountStatus = $1 }),
    input: Member({ $0.accountStatus }, set: { $0.accountStatus = $1 })
  ) { path, text, violations in
    violations.edit(path, text) { text throws(RuleError) in try AccountStatus(text).rawValue }
  }

  /// The language, kept as a code and as the whole tag that the code was taken from.
  private static let language = CustomerAttribute(
    .value { input, check, values, violations in
      guard let text = input.defaultLanguage else { return false }
      let edit = violations.edit("\(check.path).default_language", text) {
        text throws(RuleError) in try LanguageCode(text)
      }
      values.defaultLanguage = edit.value?.code
      values.locale = edit.value?.locale
      return !edit.isLeave
    },
    [
      Field(
        "default_language",
        bit: 8,
        Member({ $0.defaultLanguage }, set: { $0.defaultLanguage = $1 })
      ), Field("locale", bit: 9, Member({ $0.locale }, set: { $0.locale = $1 })),
    ],
    input: Member({ $0.defaultLanguage }, set: { $0.defaultLanguage = $1 }),
    empty: ""
  )

  package static let currency = text(
    "default_currency",
    bit: 10,
    Member({ $0.defaultCurrency }, set: { $0.defaultCurrency = $1 }),
    input: Member({ $0.defaultCurrency }, set: { $0.defaultCurrency = $1 })
  ) { path, text, violations in
    violations.edit(path, text) { text throws(RuleError) in try CurrencyCode(text).code }
  }

  package static let tags = text(
    "tags",
    bit: 11,
    Member({ $0.tags }, set: { $0.tags = $1 }),
    input: Member({ $0.tags }, set: { $0.tags = $1 }),
    mergeRule: .union,
    checkedTags
  )

  private static let address = CustomerAttribute(
    .address,
    [Field("address", bit: 12, Member({ $0.address }, set: { $0.address = $1 }))],
    input: Member({ $0.address }, set: { $0.address = $1 }),
    empty: Address()
  )

  private static let acceptsSMSMarketing = CustomerAttribute(
    .flag(.sms),
    [
      Field(
        "accepts_sms_marketing",
        bit: 13,
        Member({ $0.acceptsSMSMarketing }, set: { $0.acceptsSMSMarketing = $1 })
      )
    ],
    input: Member({ $0.acceptsSMSMarketing }, set: { $0.acceptsSMSMarketing = $1 }),
    empty: nil
  )

  private static let acceptsEmailMarketing = CustomerAttribute(
    .flag(.email),
    [
      Field(
        "accepts_email_marketing",
        bit: 14,
        Member({ $0.acceptsEmailMarketing }, set: { $0.acceptsEmailMarketing = $1 })
      )
    ],
    input: Member({ $0.acceptsEmailMarketing }, set: { $0.acceptsEmailMarketing = $1 }),
    empty: nil
  )
}

// MARK: - Checks

extension CustomerAttribute {
  /// Makes an attribute with a text, which is stored as `check` returns it.
  private static func text(
    _ name: String,
    bit: Int,
    _ stored: Member<Customer, String>,
    input: Member<CustomerInput, String>,
    examples: [String] = [],
    mergeRule: MergeRule = .choice,
    _ check: @escaping @Sendable (String, String, inout Violations) -> FieldEdit<String>
  ) -> CustomerAttribute {
    CustomerAttribute(
      .value { given, circumstances, values, violations in
        guard let text = input.get(given) else { return false }
        let edit = check("\(circumstances.path).\(name)", text, &violations)
        guard !edit.isLeave else { return false }
        stored.set(&values, edit.value)
        return true
      },
      [Field(name, bit: bit, stored)],
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

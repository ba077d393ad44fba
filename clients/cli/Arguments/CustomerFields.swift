import ArgumentParser
import PatronClient

import struct PatronModel.ZoneRules

/// The flags for every writable property of a customer.
struct CustomerFields: ParsableArguments {
  @Option(help: ArgumentHelp("The shop's identifier, 1 to 255 characters.", valueName: "id"))
  var externalId: String?

  @Option(help: ArgumentHelp("E-mail address.", valueName: "address"))
  var email: String?

  @Option(
    help: ArgumentHelp(
      "Phone number; without `+` in the country of --default-country, or the store's.",
      valueName: "number"
    )
  )
  var phone: String?

  @Option(help: "First name, up to 255 characters.")
  var firstName: String?

  @Option(help: "Last name, up to 255 characters.")
  var lastName: String?

  @Option(help: ArgumentHelp("F, M or Other.", valueName: "gender"))
  var gender: String?

  @Option(
    help: ArgumentHelp("Day of birth, as in 1985-05-31.", valueName: "date"),
    transform: { try DateArgument.parse($0) }
  )
  var birthday: CalendarDate?

  @Option(
    help: TimeArgument.help("When the account was opened"),
    transform: { try TimeArgument($0) }
  )
  var accountCreatedAt: TimeArgument?

  @Option(
    help: ArgumentHelp("enabled, disabled, invited or declined.", valueName: "status"),
    completion: .list(["enabled", "disabled", "invited", "declined"])
  )
  var accountStatus: String?

  @Option(help: ArgumentHelp("Language, ISO 639-1: en.", valueName: "code"))
  var language: String?

  @Option(help: ArgumentHelp("Currency, ISO 4217: USD.", valueName: "code"))
  var currency: String?

  @Option(help: ArgumentHelp("Tags, comma-separated; replaces all tags.", valueName: "list"))
  var tags: String?

  @Option(
    help: ArgumentHelp("Consent to marketing by SMS.", valueName: "true|false"),
    transform: { try BoolArgument.parse($0) }
  )
  var acceptsSmsMarketing: Bool?

  @Option(
    help: ArgumentHelp(
      "Consent to marketing by e-mail.",
      valueName: "true|false"
    ),
    transform: { try BoolArgument.parse($0) }
  )
  var acceptsEmailMarketing: Bool?

  @Option(
    name: .customLong("property"),
    help: ArgumentHelp(stringLiteral: PropertyArgument.help),
    transform: { try PropertyArgument($0) }
  )
  var properties: [PropertyArgument] = []

  @Option(
    name: .customLong("clear"),
    help: ArgumentHelp(
      "Fields to clear, comma-separated: \(clearable.joined(separator: ", ")).",
      valueName: "field,..."
    ),
    completion: .list(clearable),
    transform: { try parseNames($0) }
  )
  private var cleared: [[String]] = []

  /// The names that `--clear` was given.
  var clear: [String] { cleared.flatMap { $0 } }

  /// The names that `--clear` takes.
  private static let clearable =
    CustomerProperty.all.filter { $0.clear != nil }.map(\.flag) + ["address"]

  private static func parseNames(_ text: String) throws -> [String] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      let name = part.trimmingSpace()
      if clearable.contains(name) { return name }
      throw ValidationError(
        "\"\(SafeText.line(String(part.prefix(32))))\" is not a field; expected "
          + "\(clearable.joined(separator: ", "))."
      )
    }
  }

  func validate() throws {
    let clear = clear
    for property in CustomerProperty.all
    where clear.contains(property.flag) && property.isGiven(self) {
      throw ValidationError(
        "--clear \(property.flag) and --\(property.flag) exclude each other. Give one of them."
      )
    }
  }

  /// True if no flag was given.
  var isEmpty: Bool {
    var input = CustomerInput()
    try? apply(to: &input, Times(zone: .utc))
    return input == CustomerInput()
  }

  /// Sets the given fields. `--clear` wins over a value of `--data`.
  func apply(to input: inout CustomerInput, _ times: Times) throws {
    for property in CustomerProperty.all { try property.apply(self, &input, times) }
    for property in properties {
      input.customProperties[property.name] = try property.value(times)
    }
    // In the contract, a field that is present and empty clears the stored value.
    let clear = clear
    if clear.contains("address") { input.address = Address() }
    for property in CustomerProperty.all where clear.contains(property.flag) {
      property.clear?(&input)
    }
  }
}

extension CustomerProperty {
  /// The properties in the order of lists and cards.
  static let all = [
    text(.externalID, "external-id", \.externalId, \.externalID, \.externalID) {
      ("external id", $0.externalID ?? "")
    },
    text(.email, "email", \.email, \.email, \.email) { ("e-mail", $0.email ?? "") },
    text(.phoneNumber, "phone", \.phone, \.phoneNumber, \.phoneNumber) {
      ("phone", $0.phoneNumber ?? "")
    },
    text(.firstName, "first-name", \.firstName, \.firstName, \.firstName) {
      ("name", ValueText.name($0))
    },
    text(.lastName, "last-name", \.lastName, \.lastName, \.lastName, line: nil),
    text(.gender, "gender", \.gender, \.gender, \.gender) { ("gender", $0.gender ?? "") },
    date(.birthday, "birthday", \.birthday, \.birthday, \.birthday, label: "birthday"),
    time(
      .accountCreatedAt,
      "account-created-at",
      \.accountCreatedAt,
      \.accountCreatedAt,
      \.accountCreatedAt
    ),
    text(.accountStatus, "account-status", \.accountStatus, \.accountStatus, \.accountStatus) {
      ("account", account($0))
    },
    text(.defaultLanguage, "language", \.language, \.defaultLanguage, \.defaultLanguage) {
      ("language", $0.locale ?? $0.defaultLanguage ?? "")
    },
    text(.defaultCurrency, "currency", \.currency, \.defaultCurrency, \.defaultCurrency) {
      ("currency", $0.defaultCurrency ?? "")
    },
    text(.tags, "tags", \.tags, \.tags, \.tags) { ("tags", $0.tags ?? "") },
    marketing(
      .acceptsSMSMarketing,
      "accepts-sms-marketing",
      \.acceptsSmsMarketing,
      \.acceptsSMSMarketing,
      \.acceptsSMSMarketing
    ),
    marketing(
      .acceptsEmailMarketing,
      "accepts-email-marketing",
      \.acceptsEmailMarketing,
      \.acceptsEmailMarketing,
      \.acceptsEmailMarketing
    ),
  ]

  private static func account(_ customer: Customer) -> String {
    let since = customer.accountCreatedAt.map { "since \(ValueText.day($0))" }
    return [customer.accountStatus, since].compactMap { $0 }.joined(separator: " ")
  }
}

/// The flags for the parts of the default address. Parts that are not given keep their stored
/// values.
struct AddressFields: ParsableArguments {
  @Option(help: ArgumentHelp("First line.", valueName: "text"))
  var address1: String?
  @Option(help: ArgumentHelp("Second line.", valueName: "text"))
  var address2: String?
  @Option(help: ArgumentHelp("City, village or town.", valueName: "text"))
  var city: String?
  @Option(help: ArgumentHelp("Company.", valueName: "text"))
  var company: String?
  @Option(help: ArgumentHelp("State or province by name.", valueName: "text"))
  var state: String?
  @Option(help: ArgumentHelp("Postal code.", valueName: "text"))
  var zip: String?
  @Option(help: ArgumentHelp("Code of the state or province: CA.", valueName: "code"))
  var provinceCode: String?
  @Option(help: ArgumentHelp("ISO 3166-1 alpha-2: US.", valueName: "code"))
  var country: String?
  @Option(help: ArgumentHelp("Phone number at the address.", valueName: "number"))
  var addressPhone: String?
  @Flag(help: "Replace the whole address: parts that are not given are cleared.")
  var replaceAddress = false

  /// The parts of an address, by the names that field masks use for them.
  static let parts: [String: any WritableKeyPath<Address, String> & Sendable] = [
    "address1": \.address1, "address2": \.address2, "city": \.city, "company": \.company,
    "state": \.state, "zip": \.zip, "province_code": \.provinceCode,
    "country_code": \.countryCode, "phone_number": \.phoneNumber,
  ]

  /// The given parts by name, in the order of their flags.
  private var given: [(name: String, text: String)] {
    [
      ("address1", address1), ("address2", address2), ("city", city), ("company", company),
      ("state", state), ("zip", zip), ("province_code", provinceCode),
      ("country_code", country), ("phone_number", addressPhone),
    ].compactMap { name, text in text.map { (name, $0) } }
  }

  /// True if no flag was given.
  var isEmpty: Bool { given.isEmpty && !replaceAddress }

  func validate() throws {
    guard !replaceAddress || !given.isEmpty else {
      throw ValidationError(
        "--replace-address requires at least one part of the address. To clear all of it, use "
          + "--clear address."
      )
    }
  }

  /// Sets the given parts. An address of `--data` counts as complete unless it has a mask.
  func apply(to input: inout CustomerInput) {
    guard !given.isEmpty else { return }
    let isWhole = input.address != nil && input.addressMask == nil
    if replaceAddress || given.count == Self.parts.count {
      input.address = Address()
      input.addressMask = nil
    } else if !isWhole {
      var mask = input.addressMask ?? GoogleProtobuf.FieldMask()
      mask.paths += given.map(\.name).filter { !mask.paths.contains($0) }
      input.addressMask = mask
    }
    var address = input.address ?? Address()
    for (name, text) in given {
      if let part = Self.parts[name] { address[keyPath: part] = text }
    }
    input.address = address
  }
}

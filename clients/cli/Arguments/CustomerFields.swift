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
      "Fields to clear, comma-separated: \(Clearable.names).",
      valueName: "field,..."
    ),
    completion: .list(Clearable.allCases.map(\.rawValue)),
    transform: { try Clearable.parseList($0) }
  )
  var cleared: [[Clearable]] = []

  var clear: [Clearable] { cleared.flatMap { $0 } }

  /// The fields that `--clear` takes.
  enum Clearable: String, CaseIterable {
    case externalId = "external-id"
    case email, phone
    case firstName = "first-name"
    case lastName = "last-name"
    case gender
    case accountCreatedAt = "account-created-at"
    case accountStatus = "account-status"
    case language, currency, tags, address

    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    static func parseList(_ text: String) throws -> [Clearable] {
      try text.split(separator: ",", omittingEmptySubsequences: false).map { name in
        if let field = Clearable(rawValue: name.trimmingSpace()) { return field }
        throw ValidationError(
          "\"\(SafeText.line(String(name.prefix(32))))\" is not a field; expected \(names)."
        )
      }
    }
  }

  func validate() throws {
    let values: [(field: Clearable, isGiven: Bool)] = [
      (.externalId, externalId != nil), (.email, email != nil), (.phone, phone != nil),
      (.firstName, firstName != nil), (.lastName, lastName != nil), (.gender, gender != nil),
      (.accountCreatedAt, accountCreatedAt != nil), (.accountStatus, accountStatus != nil),
      (.language, language != nil), (.currency, currency != nil), (.tags, tags != nil),
    ]
    for (field, isGiven) in values where isGiven && clear.contains(field) {
      throw ValidationError(
        "--clear \(field.rawValue) and --\(field.rawValue) exclude each other. Give one of them."
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
    if let externalId { input.externalID = externalId }
    if let email { input.email = email }
    if let phone { input.phoneNumber = phone }
    if let firstName { input.firstName = firstName }
    if let lastName { input.lastName = lastName }
    if let gender { input.gender = gender }
    if let accountCreatedAt { input.accountCreatedAt = try times.timestamp(accountCreatedAt) }
    if let accountStatus { input.accountStatus = accountStatus }
    if let language { input.defaultLanguage = language }
    if let currency { input.defaultCurrency = currency }
    if let tags { input.tags = tags }
    if let acceptsSmsMarketing { input.acceptsSMSMarketing = acceptsSmsMarketing }
    if let acceptsEmailMarketing { input.acceptsEmailMarketing = acceptsEmailMarketing }
    for property in properties {
      input.customProperties[property.name] = try property.value(times)
    }
    for field in clear { Self.clear(field, in: &input) }
  }

  /// Clears a field: in the contract, a field that is present and empty clears the stored value.
  private static func clear(_ field: Clearable, in input: inout CustomerInput) {
    switch field {
    case .externalId: input.externalID = ""
    case .email: input.email = ""
    case .phone: input.phoneNumber = ""
    case .firstName: input.firstName = ""
    case .lastName: input.lastName = ""
    case .gender: input.gender = ""
    case .accountCreatedAt: input.accountCreatedAt = GoogleProtobuf.Timestamp()
    case .accountStatus: input.accountStatus = ""
    case .language: input.defaultLanguage = ""
    case .currency: input.defaultCurrency = ""
    case .tags: input.tags = ""
    case .address: input.address = Address()
    }
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

  /// The given parts, with the names that field masks use for them.
  private var given: [(name: String, field: WritableKeyPath<Address, String>, text: String)] {
    [
      ("address1", \Address.address1, address1), ("address2", \.address2, address2),
      ("city", \.city, city), ("company", \.company, company), ("state", \.state, state),
      ("zip", \.zip, zip), ("province_code", \.provinceCode, provinceCode),
      ("country_code", \.countryCode, country), ("phone_number", \.phoneNumber, addressPhone),
    ].compactMap { name, field, text in text.map { (name, field, $0) } }
  }

  /// Number of parts of an address. If all of them are given, no mask is needed.
  private static let partCount = 9

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
    if replaceAddress || given.count == Self.partCount {
      input.address = Address()
      input.addressMask = nil
    } else if !isWhole {
      var mask = input.addressMask ?? GoogleProtobuf.FieldMask()
      mask.paths += given.map(\.name).filter { !mask.paths.contains($0) }
      input.addressMask = mask
    }
    var address = input.address ?? Address()
    for part in given { address[keyPath: part.field] = part.text }
    input.address = address
  }
}

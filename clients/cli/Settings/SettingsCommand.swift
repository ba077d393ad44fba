import ArgumentParser
import PatronClient

struct SettingsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "settings",
    abstract: "Show and change the settings of a store.",
    subcommands: [SettingsShow.self, SettingsSet.self]
  )
}

struct SettingsShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show the settings of the store.",
    discussion: """
      EXAMPLES
        patron settings show
        patron settings show --store shop --output json
      """
  )

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let request = GetStoreSettingsRequest.with { $0.storeID = session.storeID }
      let response = try await session.timed(CustomerService.getStoreSettings.method) {
        try await session.client.customers.getStoreSettings(request, options: session.call)
      }
      try session.print(response) { SettingsText.card(response.settings, session) }
    }
  }
}

struct SettingsSet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set",
    abstract: "Change settings of the store; others stay unchanged.",
    discussion: """
      EXAMPLES
        patron settings set --sms-double-opt-in true --default-country US
        patron settings set --default-country ''
        patron settings set --shared-identifiers till@example.com,+14155550100
        patron settings set --allowed-external-ids guest,0000
        patron settings set --timezone Europe/Berlin --opt-out-word aufhören
        patron settings set --limits calls-per-second=200,concurrent-scans=2
      """
  )

  @Option(
    help: ArgumentHelp("Require confirmation of SMS subscriptions.", valueName: "true|false"),
    transform: { try BoolArgument.parse($0) }
  )
  var smsDoubleOptIn: Bool?

  @Option(
    help: ArgumentHelp("Require confirmation of e-mail subscriptions.", valueName: "true|false"),
    transform: { try BoolArgument.parse($0) }
  )
  var emailDoubleOptIn: Bool?

  @Option(
    help: ArgumentHelp(
      "Country of phone numbers without `+`, ISO 3166-1: US. If empty, they are refused.",
      valueName: "code"
    )
  )
  var defaultCountry: String?

  @Option(
    help: ArgumentHelp(
      "Currency of the amounts that lists sort by, ISO 4217: USD. If empty, each customer's "
        + "largest.",
      valueName: "code"
    )
  )
  var currency: String?

  @Option(
    help: ArgumentHelp(
      "Allow the address of an erased customer to become a customer again.",
      valueName: "true|false"
    ),
    transform: { try BoolArgument.parse($0) }
  )
  var allowRecreateAfterErasure: Bool?

  @Option(
    help: ArgumentHelp(
      "Consecutive soft bounces that suppress an address, 1 to 100.",
      valueName: "count"
    )
  )
  var softBounceThreshold: Int32?

  @Option(
    help: ArgumentHelp(
      "Addresses shared by many customers, such as that of a till; empty for none.",
      discussion: "They identify no customer, and are kept on orders and events as contact.",
      valueName: "address,..."
    )
  )
  var sharedIdentifiers: String?

  @Option(
    help: ArgumentHelp(
      "Number of e-mail addresses with one phone number in a year above which the filter "
        + "contact=shared_phone lists the phone's owner, 1 to 1,000.",
      valueName: "count"
    )
  )
  var sharedPhoneThreshold: Int32?

  @Option(
    help: ArgumentHelp(
      "External ids to accept although they look like placeholders; empty for none.",
      valueName: "id,..."
    )
  )
  var allowedExternalIds: String?

  @Option(
    help: ArgumentHelp(
      "Zone of times without one, as an IANA name: Europe/Berlin. If empty, UTC.",
      valueName: "zone"
    )
  )
  var timezone: String?

  @Option(
    name: .customLong("opt-out-word"),
    help: ArgumentHelp(
      "A word by which customers opt out, in addition to the built-in words. Repeatable; replaces "
        + "all earlier words, and an empty word removes them.",
      valueName: "word"
    )
  )
  var optOutWords: [String] = []

  @Option(
    name: .customLong("opt-in-word"),
    help: ArgumentHelp(
      "A word by which customers reverse an opt-out, in addition to START. See --opt-out-word.",
      valueName: "word"
    )
  )
  var optInWords: [String] = []

  @Option(
    help: ArgumentHelp(
      "Keep consent when an address is replaced, for example to correct a typing error.",
      valueName: "true|false"
    ),
    transform: { try BoolArgument.parse($0) }
  )
  var carryConsentOnAddressChange: Bool?

  @Option(
    help: ArgumentHelp(
      "Limits of the store's calls; they replace all earlier ones, and an empty text removes them.",
      discussion: "Limits are \(LimitsArgument.names.joined(separator: ", ")).",
      valueName: "limit=count,..."
    ),
    transform: { try LimitsArgument($0) }
  )
  var limits: LimitsArgument?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard !update.paths.isEmpty else {
      throw ValidationError("Say what to change, for example --default-country US.")
    }
  }

  func run() async throws {
    let (settings, paths) = update
    try await Session.run(global) { session in
      let request = UpdateStoreSettingsRequest.with {
        $0.storeID = session.storeID
        $0.settings = settings
        $0.updateMask = .with { $0.paths = paths }
      }
      let response = try await session.timed(CustomerService.updateStoreSettings.method) {
        try await session.client.customers.updateStoreSettings(request, options: session.call)
      }
      try session.print(response) { SettingsText.card(response.settings, session) }
    }
  }

  private var update: (settings: StoreSettings, paths: [String]) {
    var settings = StoreSettings()
    var paths: [String] = []
    func take<Value>(_ given: Value?, _ path: String, _ set: (Value) -> Void) {
      guard let given else { return }
      set(given)
      paths.append(path)
    }
    take(smsDoubleOptIn, "sms_double_opt_in") { settings.smsDoubleOptIn = $0 }
    take(emailDoubleOptIn, "email_double_opt_in") { settings.emailDoubleOptIn = $0 }
    take(defaultCountry, "default_country") { settings.defaultCountry = $0 }
    take(currency, "currency_code") { settings.currencyCode = $0 }
    take(allowRecreateAfterErasure, "allow_recreate_after_erasure") {
      settings.allowRecreateAfterErasure = $0
    }
    take(softBounceThreshold, "soft_bounce_threshold") { settings.softBounceThreshold = $0 }
    take(sharedIdentifiers, "shared_identifiers") {
      settings.sharedIdentifiers = Self.list($0)
    }
    take(sharedPhoneThreshold, "shared_phone_threshold") { settings.sharedPhoneThreshold = $0 }
    take(allowedExternalIds, "allowed_external_ids") {
      settings.allowedExternalIDs = Self.list($0)
    }
    take(timezone, "time_zone") { settings.timeZone = $0 }
    take(Self.list(optOutWords), "opt_out_words") { settings.optOutWords = $0 }
    take(Self.list(optInWords), "opt_in_words") { settings.optInWords = $0 }
    take(carryConsentOnAddressChange, "carry_consent_on_address_change") {
      settings.carryConsentOnAddressChange = $0
    }
    take(limits, "limits") { settings.limits = $0.limits }
    return (settings, paths)
  }

  private static func list(_ text: String) -> TextList {
    .with { $0.values = text.split(separator: ",").map { String($0) } }
  }

  /// Returns the words given, or nil if the flag was not used.
  private static func list(_ words: [String]) -> TextList? {
    guard !words.isEmpty else { return nil }
    return .with { $0.values = words.filter { !$0.isEmpty } }
  }
}

enum SettingsText {
  static func card(_ settings: StoreSettings?, _ session: Session) -> String {
    let settings = settings ?? StoreSettings()
    func flag(_ value: Bool?) -> String { value == true ? "yes" : "no" }
    func words(_ list: TextList?) -> String {
      text(list.map { $0.values.map { SafeText.line($0) }.joined(separator: ", ") })
    }
    func text(_ value: String?) -> String { value.flatMap { $0.isEmpty ? nil : $0 } ?? "none" }
    return CustomerText.card(
      [
        ("SMS double opt-in", flag(settings.smsDoubleOptIn)),
        ("e-mail double opt-in", flag(settings.emailDoubleOptIn)),
        ("default country", text(settings.defaultCountry)),
        ("currency", text(settings.currencyCode)),
        ("recreate after erasure", flag(settings.allowRecreateAfterErasure)),
        ("soft bounce threshold", text(settings.softBounceThreshold.map(String.init))),
        ("shared identifiers", words(settings.sharedIdentifiers)),
        ("shared phone threshold", text(settings.sharedPhoneThreshold.map(String.init))),
        ("limits", LimitsArgument.text(settings.limits)),
        ("allowed external ids", words(settings.allowedExternalIDs)),
        ("time zone", text(settings.timeZone)),
        ("opt-out words", words(settings.optOutWords)),
        ("opt-in words", words(settings.optInWords)),
        ("carry consent to a new address", flag(settings.carryConsentOnAddressChange)),
        ("author of the last change", ValueText.author(settings.author)),
      ],
      width: session.environment.columns,
      style: session.style
    )
  }
}

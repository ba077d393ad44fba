import ArgumentParser
import PatronClient

/// The verbs for what a store decides.
struct SettingsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "settings",
    abstract: "Show and change what a store decides.",
    subcommands: [SettingsShow.self, SettingsSet.self]
  )
}

/// Shows the settings.
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

/// Changes settings.
struct SettingsSet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set",
    abstract: "Change settings of the store; what is not given stays.",
    discussion: """
      EXAMPLES
        patron settings set --sms-double-opt-in true --default-country US
        patron settings set --default-country ''
      """
  )

  @Option(
    help: ArgumentHelp("Ask for confirmation of SMS subscriptions.", valueName: "true|false"),
    transform: { try BoolArgument.parse($0) }
  )
  var smsDoubleOptIn: Bool?

  @Option(
    help: ArgumentHelp("Ask for confirmation of e-mail subscriptions.", valueName: "true|false"),
    transform: { try BoolArgument.parse($0) }
  )
  var emailDoubleOptIn: Bool?

  @Option(
    help: ArgumentHelp(
      "Country of phone numbers without `+`, ISO 3166-1: US; empty refuses them.",
      valueName: "code"
    )
  )
  var defaultCountry: String?

  @Option(
    help: ArgumentHelp(
      "Currency by which lists are sorted, ISO 4217: USD; empty is each customer's largest.",
      valueName: "code"
    )
  )
  var currency: String?

  @Option(
    help: ArgumentHelp(
      "Whether an address of an erased customer may become a new one.",
      valueName: "true|false"
    ),
    transform: { try BoolArgument.parse($0) }
  )
  var allowRecreateAfterErasure: Bool?

  @Option(
    help: ArgumentHelp(
      "Soft bounces in a row that suppress an address, 1 to 100.",
      valueName: "count"
    )
  )
  var softBounceThreshold: Int32?

  @Option(
    help: ArgumentHelp(
      "Whether agreements stay when an address is replaced, to correct typing errors.",
      valueName: "true|false"
    ),
    transform: { try BoolArgument.parse($0) }
  )
  var carryConsentOnAddressChange: Bool?

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
    take(carryConsentOnAddressChange, "carry_consent_on_address_change") {
      settings.carryConsentOnAddressChange = $0
    }
    return (settings, paths)
  }
}

/// Settings as people read them.
enum SettingsText {
  static func card(_ settings: StoreSettings?, _ session: Session) -> String {
    let settings = settings ?? StoreSettings()
    func flag(_ value: Bool?) -> String { value == true ? "yes" : "no" }
    func text(_ value: String?) -> String { value.flatMap { $0.isEmpty ? nil : $0 } ?? "none" }
    return CustomerText.card(
      [
        ("SMS double opt-in", flag(settings.smsDoubleOptIn)),
        ("e-mail double opt-in", flag(settings.emailDoubleOptIn)),
        ("default country", text(settings.defaultCountry)),
        ("currency", text(settings.currencyCode)),
        ("recreate after erasure", flag(settings.allowRecreateAfterErasure)),
        ("soft bounce threshold", text(settings.softBounceThreshold.map(String.init))),
        ("carry consent to a new address", flag(settings.carryConsentOnAddressChange)),
      ],
      width: session.environment.columns,
      style: session.style
    )
  }
}

import ArgumentParser
import PatronClient

struct TimelineCheckout: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkout",
    abstract: "Record the current state of a checkout.",
    discussion: """
      The checkout replaces the one stored under its --token. The timeline shows that it began, \
      was abandoned, or became an order after all. An unknown customer is created.

      EXAMPLES
        patron timeline checkout --email ada@example.com --token k1 \\
          --started-at 2024-05-31T12:00Z --total 42.00 --currency USD \\
          --abandoned-at 2024-05-31T13:00Z
        patron timeline checkout --external-id 42 --data @checkout.json
      """
  )

  @OptionGroup(title: "Customer") var customer: WrittenCustomer

  @Option(help: ArgumentHelp("The shop's identifier of the checkout.", valueName: "token"))
  var token: String?

  @Option(
    help: TimeArgument.help("When the checkout began"),
    transform: { try TimeArgument($0) }
  )
  var startedAt: TimeArgument?

  @Option(
    help: TimeArgument.help("When the checkout was abandoned"),
    transform: { try TimeArgument($0) }
  )
  var abandonedAt: TimeArgument?

  @Option(
    help: TimeArgument.help("When the checkout became an order"),
    transform: { try TimeArgument($0) }
  )
  var completedAt: TimeArgument?

  @Option(help: ArgumentHelp("The order that the checkout became.", valueName: "id"))
  var orderId: String?

  @Option(help: ArgumentHelp("The total: 42.00; requires --currency.", valueName: "decimal"))
  var total: String?

  @Option(help: ArgumentHelp("Currency of --total, ISO 4217: USD.", valueName: "code"))
  var currency: String?

  @Option(help: ArgumentHelp("A patron.v1.Checkout in JSON; flags override it.", valueName: "json"))
  var data: String?

  @Option(
    help: ArgumentHelp("Country of phone numbers without `+`, ISO 3166-1: US.", valueName: "code")
  )
  var defaultCountry: String?

  @OptionGroup var invalid: InvalidFieldsFlag
  @OptionGroup(title: "Times") var times: TimeFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws { try customer.check() }

  private func checkout(_ json: [UInt8]?, _ times: Times) throws -> Checkout {
    var checkout = try DataArgument.message(Checkout.self, json, times)
    if let token { checkout.token = token }
    if let startedAt { checkout.startedAt = try times.timestamp(startedAt) }
    if let abandonedAt { checkout.abandonedAt = try times.timestamp(abandonedAt) }
    if let completedAt { checkout.completedAt = try times.timestamp(completedAt) }
    if let orderId { checkout.orderExternalID = orderId }
    if let total {
      checkout.total = try MoneyArgument.money(total, currency: currency, flag: "--total")
    }
    return checkout
  }

  func run() async throws {
    let json = try data.map { try DataArgument.bytes($0) }
    try await Session.run(global, zone: times.timezone) { session in
      let given = try await session.reading { try checkout(json, $0) }
      let written = try await customer.input(session)
      let request = SyncCheckoutRequest.with {
        $0.storeID = session.storeID
        $0.customer = written
        $0.checkout = given
        $0.defaultCountry = defaultCountry ?? ""
        $0.invalidFields = invalid.policy
      }
      let response = try await session.timed(TimelineService.syncCheckout.method) {
        try await session.client.timeline.syncCheckout(request, options: session.call)
      }
      try session.print(response) { Self.text(response, session.style) }
    }
  }

  private static func text(_ response: SyncCheckoutResponse, _ style: Style) -> String {
    var text = CustomerText.outcome(response.outcome, style)
    if let checkout = response.checkout {
      let parts = [SafeText.line(checkout.token), ValueText.money(checkout.total)]
      text += "  checkout " + parts.filter { !$0.isEmpty }.joined(separator: "  ")
    }
    if response.customerCreated { text += style.green(" (new customer)") }
    text += "\n"
    for event in response.derivedEvents {
      text += style.dim("  event: \(SafeText.line(event.type))") + "\n"
    }
    return text + CustomerText.warnings(response.warnings, style)
  }
}

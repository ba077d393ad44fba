import ArgumentParser
import PatronClient

/// Takes over a checkout.
struct TimelineCheckout: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkout",
    abstract: "Take over a checkout with its current state.",
    discussion: """
      The checkout replaces what was stored under its --token; that it began, was given up or \
      became an order after all appears on the timeline. The customer is created when unknown.

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
    help: ArgumentHelp("When it began, ISO 8601.", valueName: "time"),
    transform: { try InstantText.timestamp($0) }
  )
  var startedAt: GoogleProtobuf.Timestamp?

  @Option(
    help: ArgumentHelp("When it was given up, ISO 8601.", valueName: "time"),
    transform: { try InstantText.timestamp($0) }
  )
  var abandonedAt: GoogleProtobuf.Timestamp?

  @Option(
    help: ArgumentHelp("When it became an order, ISO 8601.", valueName: "time"),
    transform: { try InstantText.timestamp($0) }
  )
  var completedAt: GoogleProtobuf.Timestamp?

  @Option(help: ArgumentHelp("The order that it became.", valueName: "id"))
  var orderId: String?

  @Option(help: ArgumentHelp("What it would cost: 42.00; needs --currency.", valueName: "decimal"))
  var total: String?

  @Option(help: ArgumentHelp("ISO 4217: USD.", valueName: "code"))
  var currency: String?

  @Option(help: ArgumentHelp("JSON of a patron.v1.Checkout; flags win over it.", valueName: "json"))
  var data: String?

  @Option(
    help: ArgumentHelp("Country of phone numbers without `+`, ISO 3166-1: US.", valueName: "code")
  )
  var defaultCountry: String?

  @OptionGroup var invalid: InvalidFieldsFlag
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws { try customer.check() }

  private func checkout() throws -> Checkout {
    var checkout = Checkout()
    if let data { checkout = try DataArgument.message(Checkout.self, data, flag: "--data") }
    if let token { checkout.token = token }
    if let startedAt { checkout.startedAt = startedAt }
    if let abandonedAt { checkout.abandonedAt = abandonedAt }
    if let completedAt { checkout.completedAt = completedAt }
    if let orderId { checkout.orderExternalID = orderId }
    if let total {
      checkout.total = try MoneyArgument.money(total, currency: currency, flag: "--total")
    }
    return checkout
  }

  func run() async throws {
    let given = try checkout()
    try await Session.run(global) { session in
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

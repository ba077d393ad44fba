import ArgumentParser
import PatronClient

import enum PatronModel.TimeEnd

struct ConsentSuppress: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "suppress",
    abstract: "Forbid messages to an address, regardless of consent.",
    discussion: """
      The suppression belongs to the address, and also applies to addresses that no customer has \
      yet. Only the owner can add and lift the reasons unsubscribed and erasure: they require \
      --by customer.

      EXAMPLES
        patron consent suppress --external-id 42 --channel email --reason hard-bounce
        patron consent suppress --email ada@example.com --channel email \\
          --note 'asked by phone'
      """
  )

  @OptionGroup(title: "Customer") var customer: CustomerSelector
  @OptionGroup(title: "Channels") var channels: ChannelFlags

  @Option(
    help: ArgumentHelp(
      "The reason: \(EnumArgument.names(SuppressionReason.self)). (default: manual)",
      valueName: "reason"
    ),
    completion: EnumArgument.list(SuppressionReason.self),
    transform: { try EnumArgument.parse($0, as: SuppressionReason.self) }
  )
  var reason: SuppressionReason?

  @Option(
    help: TimeArgument.help(
      "Beginning of the suppression",
      "A day, month or minute stands for its end. (default: now)"
    ),
    transform: { try TimeArgument($0) }
  )
  var at: TimeArgument?

  @Option(help: ArgumentHelp("Reporter of the reason, up to 40 characters.", valueName: "name"))
  var source: String?

  @Option(help: ArgumentHelp("Free text, up to 255 characters.", valueName: "text"))
  var note: String?

  @OptionGroup(title: "Actor") var acting: ActingFlags
  @OptionGroup(title: "Times") var times: TimeFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global, zone: times.timezone) { session in
      let since = try await session.reading { try $0.timestamp(at, .last) }
      let request = SuppressCustomerRequest.with {
        $0.storeID = session.storeID
        $0.customer = customer.reference
        $0.channels = channels.channels
        $0.reason = reason ?? .manual
        $0.suppressedAt = since
        $0.source = source ?? ""
        $0.note = note ?? ""
        $0.actor = acting.actor
      }
      let response = try await session.timed(CustomerService.suppressCustomer.method) {
        try await session.client.customers.suppressCustomer(request, options: session.call)
      }
      try session.print(response) {
        ConsentText.suppression(
          response.outcome,
          response.customer,
          response.channels,
          response.warnings,
          style: session.style
        )
      }
    }
  }
}

struct ConsentUnsuppress: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unsuppress",
    abstract: "Lift suppressions of an address.",
    discussion: """
      EXAMPLES
        patron consent unsuppress --external-id 42 --channel email
        patron consent unsuppress --external-id 42 --channel email \\
          --reason hard-bounce,soft-bounce
      """
  )

  @OptionGroup(title: "Customer") var customer: CustomerSelector
  @OptionGroup(title: "Channels") var channels: ChannelFlags

  @Option(
    name: .customLong("reason"),
    help: ArgumentHelp(
      "Reasons to lift, comma-separated: \(EnumArgument.names(SuppressionReason.self)). "
        + "(default: manual)",
      valueName: "reason,..."
    ),
    completion: EnumArgument.list(SuppressionReason.self),
    transform: { try EnumArgument.parseList($0, as: SuppressionReason.self) }
  )
  var reasons: [[SuppressionReason]] = []

  @Option(help: ArgumentHelp("Free text, up to 255 characters.", valueName: "text"))
  var note: String?

  @OptionGroup(title: "Actor") var acting: ActingFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let request = UnsuppressCustomerRequest.with {
        $0.storeID = session.storeID
        $0.customer = customer.reference
        $0.channels = channels.channels
        $0.reasons = reasons.flatMap { $0 }
        $0.note = note ?? ""
        $0.actor = acting.actor
      }
      let response = try await session.timed(CustomerService.unsuppressCustomer.method) {
        try await session.client.customers.unsuppressCustomer(request, options: session.call)
      }
      try session.print(response) {
        ConsentText.suppression(
          response.outcome,
          response.customer,
          response.channels,
          [],
          style: session.style
        )
      }
    }
  }
}

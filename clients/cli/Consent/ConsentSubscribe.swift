import ArgumentParser
import PatronClient

import enum PatronModel.TimeEnd

/// Records an agreement.
struct ConsentSubscribe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "subscribe",
    abstract: "Record that a customer agreed to messages.",
    discussion: """
      The customer is created when unknown. With double opt-in (the store's setting, or \
      --double-opt-in true) the answer is a token for `patron consent confirm`.

      EXAMPLES
        patron consent subscribe --external-id 42 --channel sms \\
          --source welcome_popup
        patron consent subscribe --email ada@example.com --channel email \\
          --by customer --source footer_form --method form \\
          --ip 192.0.2.1 --wording 'Yes, write to me.'
        patron consent subscribe --external-id 42 --channel sms --source old_crm \\
          --historical --at 2019-05-31
      """
  )

  @OptionGroup(title: "Customer") var customer: WrittenCustomer
  @OptionGroup(title: "Channels") var channels: ChannelFlags
  @OptionGroup(title: "Topics") var topics: TopicFlags
  @OptionGroup(title: "Evidence") var evidence: EvidenceFlags
  @OptionGroup(title: "Actor") var acting: ActingFlags

  @Option(
    help: ArgumentHelp(
      "Whether a confirmation is asked for. (default: as the store wants it)",
      valueName: "true|false"
    ),
    transform: { try BoolArgument.parse($0) }
  )
  var doubleOptIn: Bool?

  @Flag(help: "The agreement is old: needs --at, and no confirmation is asked for.")
  var historical = false

  @Option(
    help: ArgumentHelp("Country of phone numbers without `+`, ISO 3166-1: US.", valueName: "code")
  )
  var defaultCountry: String?

  @OptionGroup(title: "Times") var times: TimeFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    try customer.check()
    guard evidence.source != nil else {
      throw ValidationError("Say where it was collected: --source welcome_popup.")
    }
    if historical && evidence.at == nil {
      throw ValidationError("--historical needs --at: when the customer agreed.")
    }
  }

  func run() async throws {
    try await Session.run(global, zone: times.timezone) { session in
      let proof = try await session.reading { try evidence.evidence($0) }
      let written = try await customer.input(session)
      let request = SubscribeCustomerRequest.with {
        $0.storeID = session.storeID
        $0.customer = written
        $0.channels = channels.channels
        $0.topics = topics.topics
        $0.evidence = proof
        $0.actor = acting.actor
        $0.doubleOptIn = doubleOptIn
        $0.historical = historical
        $0.defaultCountry = defaultCountry ?? ""
        $0.requestID = RequestID.make()
      }
      let response = try await session.timed(CustomerService.subscribeCustomer.method) {
        try await session.client.customers.subscribeCustomer(request, options: session.call)
      }
      try session.print(response) { ConsentText.subscribed(response, style: session.style) }
    }
  }
}

/// Confirms a request.
struct ConsentConfirm: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "confirm",
    abstract: "Complete a double opt-in.",
    discussion: """
      A token that came to one address proves that one only: where both channels were asked for at \
      once, name the one by which it came.

      EXAMPLES
        patron consent confirm TOKEN --source confirmation_mail --ip 192.0.2.1
        patron consent confirm TOKEN --channel email
      """
  )

  @Argument(help: "The token that `patron consent subscribe` printed.")
  var token: String

  @Option(
    name: .customLong("channel"),
    help: ArgumentHelp(
      "Confirm this channel: \(EnumArgument.names(ContactChannel.self)). Repeatable. (default: every one "
        + "of the request)",
      valueName: "channel"
    ),
    completion: EnumArgument.list(ContactChannel.self),
    transform: { try EnumArgument.parse($0, as: ContactChannel.self) }
  )
  var channels: [ContactChannel] = []

  @OptionGroup(title: "Evidence") var evidence: EvidenceFlags
  @OptionGroup(title: "Times") var times: TimeFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global, zone: times.timezone) { session in
      let proof = try await session.reading { try evidence.evidence($0) }
      let request = ConfirmSubscriptionRequest.with {
        $0.storeID = session.storeID
        $0.confirmationToken = token
        $0.channels = channels
        $0.evidence = proof
      }
      let response = try await session.timed(CustomerService.confirmSubscription.method) {
        try await session.client.customers.confirmSubscription(request, options: session.call)
      }
      try session.print(response) {
        ConsentText.changed(response.changes, response.customer, style: session.style)
      }
    }
  }
}

/// Records an opt-out.
struct ConsentUnsubscribe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unsubscribe",
    abstract: "Record that a customer opted out.",
    discussion: """
      It takes effect at once, and a repeat changes nothing. An e-mail address or phone number \
      that no customer has is suppressed. Only with --by customer is the opt-out sticky. A day, a \
      month or a minute given by --at counts to its end.

      EXAMPLES
        patron consent unsubscribe --phone +14155550100 --channel sms --by customer \\
          --method keyword --source stop_keyword
        patron consent unsubscribe --external-id 42 --channel sms,email
        patron consent unsubscribe --external-id 42 --channel email --by customer \\
          --at 2024-05-06 --timezone Europe/Berlin
      """
  )

  @OptionGroup(title: "Customer") var customer: CustomerSelector
  @OptionGroup(title: "Channels") var channels: ChannelFlags
  @OptionGroup(title: "Topics") var topics: TopicFlags
  @OptionGroup(title: "Evidence") var evidence: EvidenceFlags
  @OptionGroup(title: "Actor") var acting: ActingFlags
  @OptionGroup(title: "Times") var times: TimeFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global, zone: times.timezone) { session in
      let proof = try await session.reading { try evidence.evidence($0, .last) }
      let request = UnsubscribeCustomerRequest.with {
        $0.storeID = session.storeID
        $0.customer = customer.reference
        $0.channels = channels.channels
        $0.topics = topics.topics
        $0.evidence = proof
        $0.actor = acting.actor
      }
      let response = try await session.timed(CustomerService.unsubscribeCustomer.method) {
        try await session.client.customers.unsubscribeCustomer(request, options: session.call)
      }
      try session.print(response) {
        ConsentText.unsubscribed(response, style: session.style)
      }
    }
  }
}

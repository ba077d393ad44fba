import ArgumentParser
import PatronClient

import enum PatronModel.TimeEnd

/// The command `patron consent subscribe`, which records an agreement.
struct ConsentSubscribe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "subscribe",
    abstract: "Record that a customer agreed to messages.",
    discussion: """
      An unknown customer is created. With double opt-in (the store's setting, or \
      --double-opt-in true) the command prints a token for `patron consent confirm`.

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
      "Require a confirmation. (default: the store's setting)",
      valueName: "true|false"
    ),
    transform: { try BoolArgument.parse($0) }
  )
  var doubleOptIn: Bool?

  @Flag(help: "Record an old agreement, without confirmation; requires --at.")
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
      throw ValidationError("Name where the consent was collected, such as --source welcome_popup.")
    }
    if historical && evidence.at == nil {
      throw ValidationError("--historical requires --at, the time of the agreement.")
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

/// The command `patron consent confirm`, which completes a double opt-in.
struct ConsentConfirm: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "confirm",
    abstract: "Complete a double opt-in.",
    discussion: """
      A token that was sent to one address proves only that address. If both channels were \
      requested at once, name the channel that delivered the token.

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
      "Channel to confirm: \(EnumArgument.names(ContactChannel.self)). Repeatable. "
        + "(default: all channels of the request)",
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

/// The command `patron consent unsubscribe`, which records an opt-out.
struct ConsentUnsubscribe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unsubscribe",
    abstract: "Record that a customer opted out.",
    discussion: """
      The opt-out takes effect at once; a repetition changes nothing. An e-mail address or phone \
      number without a customer is suppressed. The opt-out is sticky only with --by customer. A \
      day, month or minute given by --at stands for its end.

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

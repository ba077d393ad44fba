import ArgumentParser
import PatronClient

struct TimelineRecord: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Record an event, or many from a file.",
    discussion: """
      An unknown customer is created. Recording the same --event-id again replaces the event. \
      Without --event-id, it is made from the content and --at, so that a repetition with the same \
      --at changes nothing; without --at, each run records another event.

      With --batch each line is one patron.v1.RecordEventItem in JSON:
        {"customer": {"externalId": "42"},
         "event": {"source": "EVENT_SOURCE_THIRD_PARTY",
                   "sourceName": "helpdesk",
                   "type": "ticket_closed", "occurredAt": "2024-05-31T12:00:00Z"}}
      (on one line). Rejected lines do not stop the others: they are written to the file of \
      rejects, and the exit status is 3.

      EXAMPLES
        patron timeline record --external-id 42 --source third-party \\
          --source-name helpdesk --type ticket_closed --at 2024-05-31T12:00Z \\
          --title 'Ticket closed' --property stars:int=5
        patron timeline record --batch events.ndjson --rejects bad.ndjson
      """
  )

  @OptionGroup(title: "Customer") var customer: WrittenCustomer
  @OptionGroup(title: "Event") var fields: EventFields

  @Option(
    help: ArgumentHelp("A patron.v1.EventInput in JSON; flags override it.", valueName: "json")
  )
  var data: String?

  @Option(
    help: ArgumentHelp("Country of phone numbers without `+`, ISO 3166-1: US.", valueName: "code")
  )
  var defaultCountry: String?

  @OptionGroup(title: "Batches") var batch: BatchFlags
  @OptionGroup var invalid: InvalidFieldsFlag
  @OptionGroup(title: "Times") var times: TimeFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if batch.batch == nil {
      try customer.check()
    } else if !customer.isEmpty || data != nil {
      throw ValidationError(
        "--batch excludes customer flags and --data: it reads customers and events from the file."
      )
    }
  }

  func run() async throws {
    if let source = batch.batch {
      try await runBatch(source)
      return
    }
    let json = try data.map { try DataArgument.bytes($0) }
    try await Session.run(global, zone: times.timezone) { session in
      let input = try await session.reading { times in
        var event = try DataArgument.message(EventInput.self, json, times)
        try fields.apply(to: &event, times)
        return event
      }
      let written = try await customer.input(session)
      let request = RecordEventRequest.with {
        $0.storeID = session.storeID
        $0.customer = written
        $0.event = input
        $0.requestID = RequestID.make()
        $0.defaultCountry = defaultCountry ?? ""
        $0.invalidFields = invalid.policy
      }
      let response = try await session.timed(TimelineService.recordEvent.method) {
        try await session.client.timeline.recordEvent(request, options: session.call)
      }
      try session.print(response) { EventText.recorded(response, style: session.style) }
    }
  }

  private func runBatch(_ source: String) async throws {
    try await Session.run(global, zone: times.timezone) { session in
      let frame = BatchRecordEventsRequest.with {
        $0.storeID = session.storeID
        $0.defaultCountry = defaultCountry ?? ""
        $0.invalidFields = invalid.policy
      }
      let job = BatchJob(
        noun: "event",
        method: TimelineService.batchRecordEvents.method,
        item: RecordEventItem.descriptor,
        itemField: BatchRecordEventsRequest.Field.items,
        requestIDField: BatchRecordEventsRequest.Field.requestID,
        frame: try frame.encodedForCLI()
      ) { bytes throws(CodecError) in
        try BatchRecordEventsResponse(decoding: bytes).results
      }
      try await BatchRun(job, session, batch).run(source)
    }
  }
}

struct EventFields: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Source of the event: \(EnumArgument.names(EventSource.self)).",
      valueName: "source"
    ),
    completion: EnumArgument.list(EventSource.self),
    transform: { try EnumArgument.parse($0, as: EventSource.self) }
  )
  var source: EventSource?

  @Option(
    help: ArgumentHelp("The application: helpdesk. Required for third parties.", valueName: "name")
  )
  var sourceName: String?

  @Option(help: ArgumentHelp("Type of the event: ticket_closed.", valueName: "type"))
  var type: String?

  @Option(
    help: TimeArgument.help(
      "When the event happened",
      "A day, month or minute stands for its end in opt-outs, complaints and suppressions, for its "
        + "beginning elsewhere. (default: now)"
    ),
    transform: { try TimeArgument($0) }
  )
  var at: TimeArgument?

  @Option(help: ArgumentHelp("Your identifier of the event.", valueName: "id"))
  var eventId: String?

  @Option(help: ArgumentHelp("One line of text for the timeline.", valueName: "text"))
  var title: String?

  @Option(
    name: .customLong("property"),
    help: ArgumentHelp(stringLiteral: PropertyArgument.help),
    transform: { try PropertyArgument($0) }
  )
  var properties: [PropertyArgument] = []

  @Option(
    help: ArgumentHelp("Value of the event: 12.34; requires --currency.", valueName: "decimal")
  )
  var amount: String?

  @Option(help: ArgumentHelp("Currency of --amount, ISO 4217: USD.", valueName: "code"))
  var currency: String?

  @Option(
    help: ArgumentHelp(
      "The channel of a message: \(EnumArgument.names(ContactChannel.self)).",
      valueName: "channel"
    ),
    completion: EnumArgument.list(ContactChannel.self),
    transform: { try EnumArgument.parse($0, as: ContactChannel.self) }
  )
  var channel: ContactChannel?

  @Option(help: ArgumentHelp("The shop's identifier of the event's order.", valueName: "id"))
  var orderId: String?

  @Option(help: ArgumentHelp("The shop's identifier of the product.", valueName: "id"))
  var productId: String?

  @Option(help: ArgumentHelp("Token of the checkout.", valueName: "token"))
  var checkoutToken: String?

  @Option(help: ArgumentHelp("Id of the campaign.", valueName: "id"))
  var campaignId: String?

  @Option(help: ArgumentHelp("Id of the message.", valueName: "id"))
  var messageId: String?

  @Option(help: ArgumentHelp("Id of the review.", valueName: "id"))
  var reviewId: String?

  @Option(
    help: ArgumentHelp(
      "The actor: \(EnumArgument.names(ActorKind.self)).",
      valueName: "actor"
    ),
    completion: EnumArgument.list(ActorKind.self),
    transform: { try EnumArgument.parse($0, as: ActorKind.self) }
  )
  var actor: ActorKind?

  /// Sets the given fields.
  func apply(to event: inout EventInput, _ times: Times) throws {
    if let source { event.source = source }
    if let sourceName { event.sourceName = sourceName }
    if let type { event.type = type }
    if let eventId { event.eventID = eventId }
    if let title { event.title = title }
    for property in properties {
      event.properties[property.name] = try property.value(times)
    }
    if let at { event.occurredAt = try times.timestamp(at, CautiousTimes.end(of: event)) }
    if let amount {
      event.amount = try MoneyArgument.money(amount, currency: currency, flag: "--amount")
    }
    if let channel { event.channel = channel }
    var references = event.references ?? EventReferences()
    if let orderId { references.orderExternalID = orderId }
    if let productId { references.productID = productId }
    if let checkoutToken { references.checkoutToken = checkoutToken }
    if let campaignId { references.campaignID = campaignId }
    if let messageId { references.messageID = messageId }
    if let reviewId { references.reviewID = reviewId }
    if references != EventReferences() { event.references = references }
    if let actor { event.actor = actor }
  }
}

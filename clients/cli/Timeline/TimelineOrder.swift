import ArgumentParser
import PatronClient

struct TimelineOrder: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "order",
    abstract: "Record the current state of an order, or of many from a file.",
    discussion: """
      Given fields are set. Others keep the values stored under --order-id, unless --replace \
      clears them. Changes appear on the timeline. An unknown customer is created. Amounts are \
      decimals: 16.99. A new order requires --placed-at and --total.

      An older state (by --state-version, else --updated-at) changes nothing. Without either, a \
      state that reverses payments or removes parts keeps them and warns, unless --allow-regress \
      is given.

      With --batch each line is one patron.v1.SyncOrderItem in JSON, amounts in minor units:
        {"customer": {"externalId": "42", "email": "ada@example.com"},
         "order": {"externalId": "1001", "placedAt": "1998-05-28",
                   "total": {"currencyCode": "USD", "minorUnits": 1699}}}
      (on one line). Rejected lines do not stop the others: they are written to the file of \
      rejects, and the exit status is 3. A repeated run changes nothing.

      EXAMPLES
        patron timeline order --external-id 42 --order-id 1001 \\
          --placed-at 1998-05-28 --total 16.99 --currency USD \\
          --item 'Blue mug,qty=2,sku=MUG-B,variant=v1' --item 'Gift wrap'
        patron timeline order --external-id 42 --order-id 1001 \\
          --payment-status paid --paid-at 1998-05-29T09:30Z
        patron timeline order --email ada@example.com --data @order.json
        patron timeline order --batch orders.ndjson
      """
  )

  @OptionGroup(title: "Customer") var customer: WrittenCustomer
  @OptionGroup(title: "Order") var fields: OrderFields

  @Option(help: ArgumentHelp("A patron.v1.Order in JSON; flags override it.", valueName: "json"))
  var data: String?

  @Option(
    help: ArgumentHelp("Country of phone numbers without `+`, ISO 3166-1: US.", valueName: "code")
  )
  var defaultCountry: String?

  @Flag(help: "Replace the whole order: fields that are not given are cleared.")
  var replace = false

  @Flag(help: "Allow a state of unknown age to reverse payments and remove parts.")
  var allowRegress = false

  @OptionGroup(title: "Batches") var batch: BatchFlags
  @OptionGroup var invalid: InvalidFieldsFlag
  @OptionGroup(title: "Times") var times: TimeFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if batch.batch == nil {
      try customer.check()
    } else if !customer.isEmpty || data != nil {
      throw ValidationError(
        "--batch excludes customer flags and --data: it reads customers and orders from the file."
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
      let given = try await session.reading { times in
        var order = try DataArgument.message(Order.self, json, times)
        try fields.apply(to: &order, times)
        return order
      }
      let written = try await customer.input(session)
      let request = SyncOrderRequest.with {
        $0.storeID = session.storeID
        $0.customer = written
        $0.order = given
        $0.defaultCountry = defaultCountry ?? ""
        $0.invalidFields = invalid.policy
        $0.replace = replace
        $0.allowRegress = allowRegress
      }
      let response = try await session.timed(TimelineService.syncOrder.method) {
        try await session.client.timeline.syncOrder(request, options: session.call)
      }
      try session.print(response) { OrderText.synced(response, style: session.style) }
    }
  }

  private func runBatch(_ source: String) async throws {
    try await Session.run(global, zone: times.timezone) { session in
      let frame = BatchSyncOrdersRequest.with {
        $0.storeID = session.storeID
        $0.defaultCountry = defaultCountry ?? ""
        $0.invalidFields = invalid.policy
        $0.replace = replace
        $0.allowRegress = allowRegress
      }
      let job = BatchJob(
        noun: "order",
        method: TimelineService.batchSyncOrders.method,
        item: SyncOrderItem.descriptor,
        itemField: BatchSyncOrdersRequest.Field.items,
        frame: try frame.encodedForCLI()
      ) { bytes throws(CodecError) in
        try BatchSyncOrdersResponse(decoding: bytes).results
      }
      try await BatchRun(job, session, batch).run(source)
    }
  }
}

struct OrderFields: ParsableArguments {
  @Option(help: ArgumentHelp("The shop's identifier of the order.", valueName: "id"))
  var orderId: String?

  @Option(help: ArgumentHelp("The number that the customer sees: #1001.", valueName: "text"))
  var name: String?

  @Option(
    help: ArgumentHelp("The total: 16.99; requires --currency.", valueName: "decimal")
  )
  var total: String?

  @Option(help: ArgumentHelp("Currency of the order, ISO 4217: USD.", valueName: "code"))
  var currency: String?

  @Option(
    help: TimeArgument.help("When the order was placed"),
    transform: { try TimeArgument($0) }
  )
  var placedAt: TimeArgument?

  @Option(
    help: ArgumentHelp(
      "Payment status: \(EnumArgument.names(PaymentStatus.self)).",
      valueName: "status"
    ),
    completion: EnumArgument.list(PaymentStatus.self),
    transform: { try EnumArgument.parse($0, as: PaymentStatus.self) }
  )
  var paymentStatus: PaymentStatus?

  @Option(
    help: ArgumentHelp(
      "Fulfillment status: \(EnumArgument.names(FulfillmentStatus.self)).",
      valueName: "status"
    ),
    completion: EnumArgument.list(FulfillmentStatus.self),
    transform: { try EnumArgument.parse($0, as: FulfillmentStatus.self) }
  )
  var fulfillmentStatus: FulfillmentStatus?

  @Option(
    help: TimeArgument.help("When the order was paid", "(default: now)"),
    transform: { try TimeArgument($0) }
  )
  var paidAt: TimeArgument?

  @Option(
    help: TimeArgument.help(
      "When the platform last changed the order",
      "An older state changes nothing."
    ),
    transform: { try TimeArgument($0) }
  )
  var updatedAt: TimeArgument?

  @Option(
    help: ArgumentHelp(
      "The platform's version of the order; takes precedence over --updated-at.",
      valueName: "number"
    )
  )
  var stateVersion: Int64?

  @Option(
    name: .customLong("item"),
    help: ArgumentHelp(
      "A line item: 'NAME,qty=2,sku=…,variant=…,product=…,id=…,total=…'. Repeatable; replaces all "
        + "stored line items.",
      valueName: "item"
    )
  )
  var items: [String] = []

  @Option(
    help: ArgumentHelp("Quantity of line items without qty.", valueName: "count")
  )
  var quantity: Int32?

  @Option(
    help: TimeArgument.help("When the order was cancelled"),
    transform: { try TimeArgument($0) }
  )
  var cancelledAt: TimeArgument?

  @Option(help: ArgumentHelp("Reason of the cancellation.", valueName: "text"))
  var cancelReason: String?

  @Option(help: ArgumentHelp("Sales channel of the order: web, pos.", valueName: "name"))
  var salesChannel: String?

  func validate() throws {
    guard cancelReason == nil || cancelledAt != nil else {
      throw ValidationError("--cancel-reason requires --cancelled-at.")
    }
  }

  /// Sets the given fields.
  func apply(to order: inout Order, _ times: Times) throws {
    if let orderId { order.externalID = orderId }
    if let name { order.name = name }
    if let total {
      order.total = try MoneyArgument.money(total, currency: currency, flag: "--total")
    }
    if let placedAt { order.placedAt = try times.timestamp(placedAt) }
    if let paymentStatus { order.paymentStatus = paymentStatus }
    if let fulfillmentStatus { order.fulfillmentStatus = fulfillmentStatus }
    if let paidAt { order.paidAt = try times.timestamp(of: paidAt) }
    if let updatedAt { order.updatedAt = try times.timestamp(of: updatedAt) }
    if let stateVersion { order.version = stateVersion }
    if quantity != nil || !items.isEmpty {
      order.lineItems = try (items.isEmpty ? [""] : items).map {
        try ItemArgument.line($0, quantity: quantity, currency: currency)
      }
    }
    if let cancelledAt = try times.timestamp(cancelledAt) {
      order.cancellation = .with {
        $0.cancelledAt = cancelledAt
        $0.reason = cancelReason ?? ""
      }
    }
    if let salesChannel { order.salesChannel = salesChannel }
  }
}

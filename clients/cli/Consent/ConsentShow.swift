import ArgumentParser
import PatronClient

/// Shows what may be sent to a customer, and why not.
struct ConsentShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show what a customer agreed to, and what may be sent.",
    discussion: """
      One line a channel and topic: the state, whether a message may be sent now, and what forbids \
      it. An e-mail address or phone number that no customer has may be suppressed all the same, \
      and is shown, too. With --output ndjson one patron.v1.ChannelStatus a line.

      EXAMPLES
        patron consent show --external-id 42
        patron consent show --phone +14155550100 --output json
      """
  )

  @OptionGroup(title: "Customer") var customer: CustomerSelector
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let request = GetCustomerRequest.with {
        $0.storeID = session.storeID
        $0.customer = customer.reference
        $0.view = .full
      }
      do {
        let response = try await session.timed(CustomerService.getCustomer.method) {
          try await session.client.customers.getCustomer(request, options: session.call)
        }
        try show(response, response.channels, session)
      } catch let error as RPCError
        where error.reason == PatronReason.customerNotFound && customer.isAddress
      {
        try await showAddress(session)
      }
    }
  }

  private func showAddress(_ session: Session) async throws {
    let request = GetAddressStatusRequest.with {
      $0.storeID = session.storeID
      $0.address = customer.reference
    }
    let response = try await session.timed(CustomerService.getAddressStatus.method) {
      try await session.client.customers.getAddressStatus(request, options: session.call)
    }
    session.remark("no customer has that address")
    try show(response, response.channels, session)
  }

  private func show(
    _ response: some Message,
    _ channels: [ChannelStatus],
    _ session: Session
  ) throws {
    if session.format == .ndjson {
      for status in channels { session.print(try session.json(status, pretty: false)) }
      return
    }
    try session.print(response) {
      ConsentText.statuses(channels, width: session.environment.columns, style: session.style)
    }
  }
}

/// Shows the ledger.
struct ConsentHistory: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Show how a customer's consent came about.",
    discussion: """
      The rows of the append-only ledger, newest first. With --output csv or ndjson (one \
      patron.v1.ConsentRecord a line) they have all of the evidence: wording, page, browser, form.

      EXAMPLES
        patron consent history --external-id 42
        patron consent history --external-id 42 --channel sms --all --output ndjson
        patron consent history --external-id 42 --all --output csv > ledger.csv
      """
  )

  @OptionGroup(title: "Customer") var customer: CustomerSelector

  @Option(
    help: ArgumentHelp(
      "Only this channel: \(EnumArgument.names(ContactChannel.self)).",
      valueName: "channel"
    ),
    completion: EnumArgument.list(ContactChannel.self),
    transform: { try EnumArgument.parse($0, as: ContactChannel.self) }
  )
  var channel: ContactChannel?

  @Option(help: ArgumentHelp("How many rows, 1 or more.", valueName: "count"))
  var limit = 50

  @Flag(help: "All of them.")
  var all = false

  @Option(help: ArgumentHelp("Go on where another call ended.", valueName: "token"))
  var pageToken: String?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit is \(limit); expected 1 or more.") }
  }

  func run() async throws {
    try await Session.run(global, formats: OutputFormat.allCases) { session in
      var request = ListConsentHistoryRequest.with {
        $0.storeID = session.storeID
        $0.customer = customer.reference
        $0.channel = channel ?? .unspecified
        $0.pageToken = pageToken ?? ""
      }
      var collected = ListConsentHistoryResponse()
      var rest = all ? Int.max : limit
      if session.format == .csv { session.printCSV(LedgerCSV.header) }
      repeat {
        request.pageSize = Int32(min(rest, 100))
        let page = try await session.timed(CustomerService.listConsentHistory.method) {
          try await session.client.customers.listConsentHistory(request, options: session.call)
        }
        rest -= page.records.count
        request.pageToken = page.nextPageToken
        collected.nextPageToken = page.nextPageToken
        switch session.format {
        case .ndjson:
          for record in page.records { session.print(try session.json(record, pretty: false)) }
        case .csv: for record in page.records { session.printCSV(LedgerCSV.row(record)) }
        case .json, .table: collected.records += page.records
        }
      } while rest > 0 && !request.pageToken.isEmpty
      try show(collected, session)
    }
  }

  private func show(_ answer: ListConsentHistoryResponse, _ session: Session) throws {
    if session.format == .json {
      session.print(try session.json(answer, pretty: true))
      return
    }
    if session.format == .table {
      if answer.records.isEmpty {
        session.remark("no consent was ever given or withdrawn")
      } else {
        session.print(
          ConsentText.history(
            answer.records,
            width: session.environment.columns,
            style: session.style
          )
        )
      }
    }
    if !answer.nextPageToken.isEmpty {
      session.remarkMore(answer.nextPageToken)
    }
  }
}

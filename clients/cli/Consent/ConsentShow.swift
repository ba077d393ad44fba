import ArgumentParser
import PatronClient

struct ConsentShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show a customer's consent, and which messages may be sent.",
    discussion: """
      One line per channel and topic: the state, whether a message may be sent now, and the reason \
      if not. An e-mail address or phone number without a customer can be suppressed as well, and \
      is shown too. With --output ndjson, one patron.v1.ChannelStatus per line.

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

/// The command `patron consent history`, which prints the ledger.
struct ConsentHistory: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Show the history of a customer's consent.",
    discussion: """
      The rows of the append-only ledger, newest first. With --output csv or ndjson (one \
      patron.v1.ConsentRecord per line) they include all evidence: wording, page, browser, form.

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

  @OptionGroup var pages: PageFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global, formats: OutputFormat.allCases) { session in
      var request = ListConsentHistoryRequest.with {
        $0.storeID = session.storeID
        $0.customer = customer.reference
        $0.channel = channel ?? .unspecified
      }
      var collected = ListConsentHistoryResponse()
      if session.format == .csv { session.printCSV(LedgerCSV.header) }
      try await pages.forEachPage { token, size in
        request.pageToken = token
        request.pageSize = size
        let page = try await session.timed(CustomerService.listConsentHistory.method) {
          try await session.client.customers.listConsentHistory(request, options: session.call)
        }
        collected.records += try session.printEach(page.records, csv: LedgerCSV.row)
        collected.nextPageToken = page.nextPageToken
        return (page.records.count, page.nextPageToken)
      }
      try session.printList(
        collected,
        empty: collected.records.isEmpty ? "no consent was ever given or withdrawn" : nil,
        next: collected.nextPageToken
      ) {
        ConsentText.history(
          collected.records,
          width: session.environment.columns,
          style: session.style
        )
      }
    }
  }
}

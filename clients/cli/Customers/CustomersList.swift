import ArgumentParser
import PatronClient

/// Lists customers.
struct CustomersList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List customers, newest first, or find them by filters, e-mail or phone.",
    discussion: """
      Prints up to --limit customers and, when there are more, a token for the next ones on \
      standard error. With --output csv a spreadsheet can take the list, with the state of \
      marketing consent; suppressions, orders and properties are in `patron customers export`.

      EXAMPLES
        patron customers list
        patron customers list --search example.com --all
        patron customers list --filter sms=subscribers,suppressed \\
          --filter email=subscribers
        patron customers list --filter tags=vip --sort total-spent --limit 10
        patron customers list --all --output csv > customers.csv
      """
  )

  @OptionGroup(title: "Customers") var filter: FilterFlags

  @Option(
    help: ArgumentHelp("Order: \(EnumArgument.names(CustomerSort.self)).", valueName: "order"),
    completion: EnumArgument.list(CustomerSort.self),
    transform: { try EnumArgument.parse($0, as: CustomerSort.self) }
  )
  var sort: CustomerSort?

  @Option(help: ArgumentHelp("How many, 1 or more.", valueName: "count"))
  var limit = 50

  @Flag(help: "Only the stored records, without what may be sent.")
  var basic = false

  @Flag(help: "All of them.")
  var all = false

  @Option(help: ArgumentHelp("Go on where another list ended.", valueName: "token"))
  var pageToken: String?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit is \(limit); expected 1 or more.") }
  }

  func run() async throws {
    try await Session.run(global, formats: OutputFormat.allCases) { session in
      var request = ListCustomersRequest.with {
        $0.storeID = session.storeID
        $0.pageToken = pageToken ?? ""
        $0.sort = sort ?? .unspecified
        $0.filter = filter.customerFilter
        $0.view = basic ? .basic : .full
      }
      var printer = CustomerListPrinter(session)
      var rest = all ? Int.max : limit
      repeat {
        request.pageSize = Int32(min(rest, 100))
        let page = try await session.timed(CustomerService.listCustomers.method) {
          try await session.client.customers.listCustomers(request, options: session.call)
        }
        try printer.add(page)
        rest -= page.customers.count
        request.pageToken = page.nextPageToken
      } while rest > 0 && !request.pageToken.isEmpty
      try printer.finish()
    }
  }
}

/// Prints pages of customers as they come, where the form allows that.
struct CustomerListPrinter {
  private let session: Session
  private var collected = ListCustomersResponse()
  private var count = 0

  init(_ session: Session) { self.session = session }

  mutating func add(_ page: ListCustomersResponse) throws {
    if count == 0 && session.format == .csv { session.printCSV(CSVText.line(Self.columns)) }
    count += page.customers.count
    collected.nextPageToken = page.nextPageToken
    switch session.format {
    case .ndjson:
      for customer in page.customers { session.print(try session.json(customer, pretty: false)) }
    case .csv:
      for customer in page.customers { session.printCSV(CSVText.line(Self.cells(customer))) }
    case .json, .table:
      collected.customers += page.customers
    }
  }

  func finish() throws {
    switch session.format {
    case .json: session.print(try session.json(collected, pretty: true))
    case .table where count == 0: session.remark("no customers")
    case .table:
      session.print(
        CustomerText.table(
          collected.customers,
          width: session.environment.columns,
          style: session.style
        )
      )
    case .ndjson, .csv: break
    }
    if !collected.nextPageToken.isEmpty && session.format != .json {
      session.remarkMore(collected.nextPageToken)
    }
  }

  private static let columns = [
    "id", "external_id", "email", "phone_number", "first_name", "last_name", "gender",
    "account_created_at", "account_status", "default_language", "default_currency", "tags",
    "accepts_sms_marketing", "accepts_email_marketing", "sms_consent", "email_consent",
    "sms_can_receive", "email_can_receive", "created_at", "updated_at",
  ]

  private static func cells(_ customer: Customer) -> [String] {
    // As exports and filters call them.
    func consent(_ channel: ContactChannel) -> String {
      let marketing = customer.subscriptions.first {
        $0.channel == channel && $0.topic == .marketing
      }
      return ValueText.enumeration(marketing?.state ?? .neverSubscribed)
        .replacing(" ", with: "_")
    }
    func canReceive(_ channel: ContactChannel) -> String {
      flag(customer.channels.first { $0.channel == channel }?.canReceive)
    }
    func flag(_ flag: Bool?) -> String { flag.map { $0 ? "true" : "false" } ?? "" }
    return [
      String(customer.id), customer.externalID ?? "", customer.email ?? "",
      customer.phoneNumber ?? "", customer.firstName ?? "", customer.lastName ?? "",
      customer.gender ?? "", ValueText.instant(customer.accountCreatedAt),
      customer.accountStatus ?? "",
      customer.defaultLanguage ?? "", customer.defaultCurrency ?? "", customer.tags ?? "",
      flag(customer.acceptsSMSMarketing), flag(customer.acceptsEmailMarketing),
      consent(.sms), consent(.email), canReceive(.sms), canReceive(.email),
      ValueText.instant(customer.createdAt), ValueText.instant(customer.updatedAt),
    ]
  }
}

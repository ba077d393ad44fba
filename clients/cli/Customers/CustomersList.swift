import ArgumentParser
import PatronClient
import PatronModel

struct CustomersList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List customers, newest first, or find them by filters, e-mail or phone.",
    discussion: """
      Prints up to --limit customers and, if there are more, the token of the next page on \
      standard error. --output csv includes the state of marketing consent, but not suppressions, \
      orders and properties; `patron customers export` has them.

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
    help: ArgumentHelp("Sort by: \(EnumArgument.names(CustomerSort.self)).", valueName: "order"),
    completion: EnumArgument.list(CustomerSort.self),
    transform: { try EnumArgument.parse($0, as: CustomerSort.self) }
  )
  var sort: CustomerSort?

  @Flag(help: "Show only the stored records, without channel status.")
  var basic = false

  @OptionGroup var pages: PageFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global, formats: OutputFormat.allCases) { session in
      var request = ListCustomersRequest.with {
        $0.storeID = session.storeID
        $0.sort = sort ?? .unspecified
        $0.filter = filter.customerFilter
        $0.view = basic ? .basic : .full
      }
      var collected = ListCustomersResponse()
      try await pages.forEachPage { token, size in
        request.pageToken = token
        request.pageSize = size
        let page = try await session.timed(CustomerService.listCustomers.method) {
          try await session.client.customers.listCustomers(request, options: session.call)
        }
        // No page before this one: the header is printed once, and not before an error.
        if session.format == .csv, collected.nextPageToken.isEmpty {
          session.printCSV(CustomerListCSV.header)
        }
        collected.customers += try session.printEach(page.customers, csv: CustomerListCSV.row)
        collected.nextPageToken = page.nextPageToken
        return (page.customers.count, page.nextPageToken)
      }
      try session.printList(
        collected,
        empty: collected.customers.isEmpty ? "no customers" : nil,
        next: collected.nextPageToken
      ) {
        CustomerText.table(
          collected.customers,
          width: session.environment.columns,
          style: session.style
        )
      }
    }
  }
}

enum CustomerListCSV {
  private static let columns =
    ["id"] + CustomerProperty.all.map(\.column.rawValue) + [
      "sms_consent", "email_consent", "sms_can_receive", "email_can_receive", "created_at",
      "updated_at",
    ]

  static var header: String { CSVText.line(columns) }

  static func row(_ customer: Customer) -> String { CSVText.line(cells(customer)) }

  private static func cells(_ customer: Customer) -> [String] {
    // The same words as in exports and filters.
    func consent(_ channel: ContactChannel) -> String {
      let marketing = customer.subscriptions.first {
        $0.channel == channel && $0.topic == .marketing
      }
      return ValueText.enumeration(marketing?.state ?? .neverSubscribed)
        .replacing(" ", with: "_")
    }
    func canReceive(_ channel: ContactChannel) -> String {
      let status = customer.channels.first { $0.channel == channel }
      return status.map { $0.canReceive ? "true" : "false" } ?? ""
    }
    return [String(customer.id)] + CustomerProperty.all.map { $0.cell(customer) } + [
      consent(.sms), consent(.email), canReceive(.sms), canReceive(.email),
      ValueText.instant(customer.createdAt), ValueText.instant(customer.updatedAt),
    ]
  }
}

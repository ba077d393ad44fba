import ArgumentParser
import PatronClient

/// Counts customers.
struct CustomersCount: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "count",
    abstract: "Count customers, in all and by predefined filter.",
    discussion: """
      Shows how many customers the filter has, and how many of them each predefined filter has \
      too. With --output csv a spreadsheet can take the counts; the first row is the total.

      EXAMPLES
        patron customers count
        patron customers count --filter orders=repeat_customers --facet sms,email
        patron customers count --search example.com --total
      """
  )

  @OptionGroup(title: "Customers") var filter: FilterFlags

  @Option(
    help: ArgumentHelp(
      "Categories to count by, separated by commas. (default: all)",
      valueName: "category,..."
    ),
    completion: FilterArgument.categories
  )
  var facet: [String] = []

  @Flag(help: "Only how many there are in all.")
  var total = false

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard !total || facet.isEmpty else {
      throw ValidationError("--total shows no categories: leave --facet out.")
    }
    guard !categories.contains("") else {
      throw ValidationError("--facet is a list of categories with commas, as in sms,email.")
    }
  }

  private var categories: [String] {
    facet.flatMap { text in
      text.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingSpace() }
    }
  }

  func run() async throws {
    try await Session.run(global, formats: OutputFormat.allCases) { session in
      let request = CountCustomersRequest.with {
        $0.storeID = session.storeID
        $0.filter = filter.customerFilter
        $0.facetCategories = total ? [] : categories.isEmpty ? ["*"] : categories
      }
      let response = try await session.timed(CustomerService.countCustomers.method) {
        try await session.client.customers.countCustomers(request, options: session.call)
      }
      if session.format == .csv { return session.printCSV(FilterText.csv(response)) }
      try session.print(response) {
        FilterText.bars(
          response,
          width: session.environment.columns,
          style: session.style
        )
      }
    }
  }
}

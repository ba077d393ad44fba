import ArgumentParser
import PatronClient

struct CustomersCount: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "count",
    abstract: "Count customers, in total and by predefined filter.",
    discussion: """
      Shows how many customers match the filter, and how many of these also match each predefined \
      filter. With --output csv, the first row is the total.

      EXAMPLES
        patron customers count
        patron customers count --filter orders=repeat_customers --facet sms,email
        patron customers count --search example.com --total
      """
  )

  @OptionGroup(title: "Customers") var filter: FilterFlags

  @Option(
    help: ArgumentHelp(
      "Categories to count by, comma-separated. (default: all)",
      valueName: "category,..."
    ),
    completion: FilterArgument.categories
  )
  var facet: [String] = []

  @Flag(help: "Print only the total.")
  var total = false

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard !total || facet.isEmpty else {
      throw ValidationError("--total and --facet exclude each other. Give one of them.")
    }
    guard !categories.contains("") else {
      throw ValidationError("--facet has an empty category; expected a list such as sms,email.")
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

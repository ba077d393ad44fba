import ArgumentParser
import PatronClient

/// Counts customers.
struct CustomersCount: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "count",
    abstract: "Count customers, in all and by predefined filter.",
    discussion: """
      Shows how many customers the filter has, and how many of them each predefined filter has too.

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
    )
  )
  var facet: [String] = []

  @Flag(help: "Only how many there are in all.")
  var total = false

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard !total || facet.isEmpty else {
      throw ValidationError("--total shows no categories: leave --facet out.")
    }
  }

  func run() async throws {
    let categories = facet.flatMap { $0.split(separator: ",").map(String.init) }
    try await Session.run(global) { session in
      let request = CountCustomersRequest.with {
        $0.storeID = session.storeID
        $0.filter = filter.customerFilter
        $0.facetCategories = total ? [] : categories.isEmpty ? ["*"] : categories
      }
      let response = try await session.timed(CustomerService.countCustomers.method) {
        try await session.client.customers.countCustomers(request, options: session.call)
      }
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

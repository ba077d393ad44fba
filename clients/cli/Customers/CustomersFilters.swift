import ArgumentParser
import PatronClient

struct CustomersFilters: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "filters",
    abstract: "List the predefined filters.",
    discussion: """
      Use them with --filter of `list`, `count` and `export`. Filters of one category are joined \
      by OR, categories by AND. Categories such as tags, whose values are the store's own, accept \
      any value.

      EXAMPLES
        patron customers filters
        patron customers list --filter sms=subscribers,suppressed \\
          --filter email=subscribers
      """
  )

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global, formats: OutputFormat.allCases) { session in
      let request = ListFiltersRequest.with { $0.storeID = session.storeID }
      let response = try await session.timed(CustomerService.listFilters.method) {
        try await session.client.customers.listFilters(request, options: session.call)
      }
      if session.format == .ndjson {
        for category in response.categories {
          session.print(try session.json(category, pretty: false))
        }
        return
      }
      if session.format == .csv { return session.printCSV(FilterText.csv(response)) }
      try session.print(response) {
        FilterText.table(
          response,
          width: session.environment.columns,
          style: session.style
        )
      }
    }
  }
}

import ArgumentParser
import PatronClient

/// Takes a merge back.
struct CustomersUnmerge: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unmerge",
    abstract: "Take a merge of two customers back.",
    discussion: """
      Both customers are as they were before. What happened since stays with the primary: events \
      and orders that came after the merge, and fields that were changed after it. It is possible \
      for 30 days; several merges of one customer are taken back latest first. The id of a merge \
      is in the answer of `patron customers merge` and in the event profile_merged of the timeline.

      EXAMPLES
        patron customers unmerge --merge-id 1041
      """
  )

  @Option(help: ArgumentHelp("Id of the merge.", valueName: "id"))
  var mergeId: Int64

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let request = UnmergeCustomersRequest.with {
        $0.storeID = session.storeID
        $0.mergeID = mergeId
        $0.requestID = RequestID.make()
      }
      let response = try await session.timed(CustomerService.unmergeCustomers.method) {
        try await session.client.customers.unmergeCustomers(request, options: session.call)
      }
      if session.format == .ndjson {
        for customer in [response.primary, response.secondary].compactMap(\.self) {
          session.print(try session.json(customer, pretty: false))
        }
        return
      }
      try session.print(response) {
        MergeText.unmerged(
          response,
          width: session.environment.columns,
          style: session.style
        )
      }
    }
  }
}

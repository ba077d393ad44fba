import ArgumentParser
import PatronClient

struct CustomersUnmerge: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unmerge",
    abstract: "Reverse a merge of two customers.",
    discussion: """
      Restores both customers as they were before the merge. Later changes stay with the primary: \
      events and orders that arrived after the merge, and fields that were changed after it. A \
      merge can be reversed within 30 days; several merges of one customer are reversed latest \
      first. The output of `patron customers merge` and the timeline's event profile_merged show \
      the merge id.

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

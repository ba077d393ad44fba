import ArgumentParser
import PatronClient

struct CustomersGet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get",
    abstract: "Show one customer.",
    discussion: """
      EXAMPLES
        patron customers get --external-id 42
        patron customers get --email ada@example.com --output json
      """
  )

  @OptionGroup(title: "Customer") var customer: CustomerSelector
  @Flag(help: "Show only the stored record, without channel status and provenance.")
  var basic = false
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let request = GetCustomerRequest.with {
        $0.storeID = session.storeID
        $0.customer = customer.reference
        $0.view = basic ? .basic : .full
      }
      let response = try await session.timed(CustomerService.getCustomer.method) {
        try await session.client.customers.getCustomer(request, options: session.call)
      }
      if session.format == .ndjson, let customer = response.customer {
        session.print(try session.json(customer, pretty: false))
        return
      }
      try session.print(response) {
        CustomerText.card(response, width: session.environment.columns, style: session.style)
      }
    }
  }
}

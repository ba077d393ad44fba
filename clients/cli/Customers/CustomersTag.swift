import ArgumentParser
import PatronClient

struct CustomersTag: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tag",
    abstract: "Add and remove tags of up to 1,000 customers.",
    discussion: """
      Other tags stay unchanged, even if they are edited at the same time. Tags ignore case. \
      Customers are named by --id, --external-id, --email and --phone, all of them repeatable. If \
      the server rejects some of them, the exit status is 3.

      EXAMPLES
        patron customers tag --external-id 42 --add vip,gold
        patron customers tag --id 7 --id 9 --remove old --add new
      """
  )

  @Option(help: "Id in Patron. Repeatable.")
  var id: [Int64] = []

  @Option(help: ArgumentHelp("The shop's identifier. Repeatable.", valueName: "id"))
  var externalId: [String] = []

  @Option(help: ArgumentHelp("E-mail address. Repeatable.", valueName: "address"))
  var email: [String] = []

  @Option(
    help: ArgumentHelp(
      "Phone number; without `+` in the store's country. Repeatable.",
      valueName: "number"
    )
  )
  var phone: [String] = []

  @Option(help: ArgumentHelp("Tags to add, comma-separated.", valueName: "list"))
  var add: String?

  @Option(help: ArgumentHelp("Tags to remove, comma-separated.", valueName: "list"))
  var remove: String?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  private var references: [CustomerRef] {
    id.map(CustomerRef.id) + externalId.map(CustomerRef.externalID)
      + email.map(CustomerRef.email) + phone.map(CustomerRef.phoneNumber)
  }

  func validate() throws {
    guard !references.isEmpty else {
      throw ValidationError("Name a customer by --id, --external-id, --email or --phone.")
    }
    guard add != nil || remove != nil else {
      throw ValidationError("Give --add, --remove or both.")
    }
  }

  func run() async throws {
    try await Session.run(global) { session in
      let request = UpdateTagsRequest.with {
        $0.storeID = session.storeID
        $0.customers = references
        $0.add = add ?? ""
        $0.remove = remove ?? ""
      }
      let response = try await session.timed(CustomerService.updateTags.method) {
        try await session.client.customers.updateTags(request, options: session.call)
      }
      if session.format == .ndjson {
        for result in response.results { session.print(try session.json(result, pretty: false)) }
      } else {
        try session.print(response) { table(response, session.style) }
      }
      if (response.counts?.rejected ?? 0) > 0 { throw ExitCode(3) }
    }
  }

  private func table(_ response: UpdateTagsResponse, _ style: Style) -> String {
    response.results.map { result in
      guard let error = result.error else {
        return CustomerText.outcome(result.outcome, style) + "  customer \(result.customerID)\n"
      }
      return style.red("rejected")
        + "  number \(result.index + 1): \(ErrorText.sentence(error.message))\n"
    }.joined()
  }
}

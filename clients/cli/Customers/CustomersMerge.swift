import ArgumentParser
import PatronClient

/// Merges two customers who are one.
struct CustomersMerge: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Merge two customers who are one.",
    discussion: """
      The primary stays, named by --id, --external-id, --email or --phone; the secondary, named by \
      the same with secondary- in front, becomes part of it and names it from then on. Events, \
      orders, checkouts and consent history move. Of each field the primary's value stays where it \
      has one, but for those named with --prefer-secondary; tags of both are kept. Nobody can \
      receive messages that they could not receive before. --preview shows what would become and \
      changes nothing. `patron customers unmerge` takes a merge back for 30 days.

      EXAMPLES
        patron customers merge --external-id 42 --secondary-external-id 43 --preview
        patron customers merge --external-id 42 --secondary-email ada@example.com \\
          --prefer-secondary email,address
      """
  )

  @OptionGroup(title: "Primary") var primary: CustomerSelector
  @OptionGroup(title: "Secondary") var secondary: SecondarySelector

  @Flag(help: "Show what would become, change nothing.")
  var preview = false

  @Option(
    help: ArgumentHelp(
      "Fields to take from the secondary, comma-separated: email,custom_properties.size.",
      valueName: "list"
    )
  )
  var preferSecondary: String?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  private var preferred: [String] {
    (preferSecondary ?? "").split(separator: ",")
      .map { String($0.trimmingPrefix(while: \.isWhitespace)) }.filter { !$0.isEmpty }
  }

  func run() async throws {
    try await Session.run(global) { session in
      let request = MergeCustomersRequest.with {
        $0.storeID = session.storeID
        $0.primary = primary.reference
        $0.secondary = secondary.reference
        $0.preview = preview
        $0.preferSecondary = preferred
        if !preview { $0.requestID = RequestID.make() }
      }
      let response = try await session.timed(CustomerService.mergeCustomers.method) {
        try await session.client.customers.mergeCustomers(request, options: session.call)
      }
      try session.print(response) {
        MergeText.merged(
          response,
          isPreview: preview,
          width: session.environment.columns,
          style: session.style
        )
      }
    }
  }
}

/// Names the customer that is merged into the primary: exactly one of the four.
struct SecondarySelector: ParsableArguments {
  @Option(help: "Patron's id.")
  var secondaryId: Int64?

  @Option(help: ArgumentHelp("The shop's identifier.", valueName: "id"))
  var secondaryExternalId: String?

  @Option(help: ArgumentHelp("E-mail address.", valueName: "address"))
  var secondaryEmail: String?

  @Option(
    help: ArgumentHelp("Phone number; without `+` one of the store's country.", valueName: "number")
  )
  var secondaryPhone: String?

  func validate() throws {
    let given = [
      secondaryId != nil, secondaryExternalId != nil, secondaryEmail != nil, secondaryPhone != nil,
    ].count { $0 }
    guard given == 1 else {
      throw ValidationError(
        """
        Name the secondary by exactly one of --secondary-id, --secondary-external-id, \
        --secondary-email and --secondary-phone.
        """
      )
    }
  }

  var reference: CustomerRef {
    if let secondaryId { return .id(secondaryId) }
    if let secondaryExternalId { return .externalID(secondaryExternalId) }
    if let secondaryEmail { return .email(secondaryEmail) }
    return .phoneNumber(secondaryPhone ?? "")
  }
}

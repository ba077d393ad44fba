import ArgumentParser
import PatronClient

struct CustomersMerge: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Merge two records of the same customer.",
    discussion: """
      The primary, named by --id, --external-id, --email or --phone, stays. The secondary, named \
      by the same flags with the prefix secondary-, becomes part of it; its identifiers name the \
      primary from then on. Events, orders, checkouts and consent history move. Each field keeps \
      the primary's value, if there is one, unless --prefer-secondary names it; tags of both are \
      kept. A merge never allows messages that were forbidden before. --preview shows the result \
      and changes nothing. `patron customers unmerge` reverses a merge within 30 days.

      EXAMPLES
        patron customers merge --external-id 42 --secondary-external-id 43 --preview
        patron customers merge --external-id 42 --secondary-email ada@example.com \\
          --prefer-secondary email,address
      """
  )

  @OptionGroup(title: "Primary") var primary: CustomerSelector
  @OptionGroup(title: "Secondary") var secondary: SecondarySelector

  @Flag(help: "Show the result and change nothing.")
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

/// The flags that name the secondary; exactly one of the four is required.
struct SecondarySelector: ParsableArguments {
  @Option(help: "Id in Patron.")
  var secondaryId: Int64?

  @Option(help: ArgumentHelp("The shop's identifier.", valueName: "id"))
  var secondaryExternalId: String?

  @Option(help: ArgumentHelp("E-mail address.", valueName: "address"))
  var secondaryEmail: String?

  @Option(
    help: ArgumentHelp("Phone number; without `+` in the store's country.", valueName: "number")
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

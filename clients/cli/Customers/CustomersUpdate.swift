import ArgumentParser
import PatronClient

struct CustomersUpdate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "update",
    abstract: "Change fields of one customer, named by its id in Patron.",
    discussion: """
      Use it to add or change identifiers. Fields and address parts that are not given stay \
      unchanged; --clear clears a field, --replace-address sets the whole address. With --mask \
      exactly the named fields are set, and those without a flag are cleared; names are those of \
      patron.v1.CustomerInput, custom_properties.NAME for one property and address.city for one \
      part of the address. With --etag the update fails if the customer has changed since.

      EXAMPLES
        patron customers update --id 7 --phone +14155550100
        patron customers update --id 7 --clear tags --first-name Ada
        patron customers update --id 7 --mask first_name,custom_properties \\
          --first-name Ada
        patron customers update --id 7 --etag 1041 --external-id 42
      """
  )

  @Option(help: "Id in Patron.")
  var id: Int64

  @OptionGroup(title: "New values") var fields: CustomerFields
  @OptionGroup(title: "Address") var address: AddressFields

  @Option(
    help: ArgumentHelp("A patron.v1.CustomerInput in JSON; flags override it.", valueName: "json")
  )
  var data: String?

  @Option(
    help: ArgumentHelp("Fields to set, comma-separated: first_name,tags.", valueName: "list")
  )
  var mask: String?

  @Option(help: ArgumentHelp("The etag that the customer must still have.", valueName: "etag"))
  var etag: String?

  @Option(
    help: ArgumentHelp("Country of phone numbers without `+`, ISO 3166-1: US.", valueName: "code")
  )
  var defaultCountry: String?

  @Option(
    help: ArgumentHelp(
      "The actor: \(EnumArgument.names(ActorKind.self)). (default: operator)",
      valueName: "actor"
    ),
    completion: EnumArgument.list(ActorKind.self),
    transform: { try EnumArgument.parse($0, as: ActorKind.self) }
  )
  var actor: ActorKind?

  @OptionGroup var invalid: InvalidFieldsFlag
  @OptionGroup(title: "Times") var times: TimeFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  private var paths: [String] {
    (mask ?? "").split(separator: ",").map { $0.trimmingPrefix(while: \.isWhitespace) }
      .map(String.init).filter { !$0.isEmpty }
  }

  func validate() throws {
    guard !fields.isEmpty || !address.isEmpty || data != nil || !paths.isEmpty else {
      throw ValidationError(
        "Give new values as flags or with --data, or fields to clear with --clear."
      )
    }
  }

  func run() async throws {
    let json = try data.map { try DataArgument.bytes($0) }
    try await Session.run(global, zone: times.timezone) { session in
      let given = try await session.reading { times in
        var input = try DataArgument.message(CustomerInput.self, json, times)
        address.apply(to: &input)
        try fields.apply(to: &input, times)
        return input
      }
      let request = UpdateCustomerRequest.with {
        $0.storeID = session.storeID
        $0.id = id
        $0.customer = given
        $0.updateMask = paths.isEmpty ? nil : .with { $0.paths = paths }
        $0.etag = etag ?? ""
        $0.actor = actor ?? .unspecified
        $0.defaultCountry = defaultCountry ?? ""
        $0.invalidFields = invalid.policy
        $0.requestID = RequestID.make()
      }
      let response = try await session.timed(CustomerService.updateCustomer.method) {
        try await session.client.customers.updateCustomer(request, options: session.call)
      }
      try session.print(response) {
        let upsert = UpsertCustomerResponse.with {
          $0.customer = response.customer
          $0.outcome = response.outcome
          $0.changedFields = response.changedFields
          $0.warnings = response.warnings
        }
        return CustomerText.upsert(
          upsert,
          dryRun: false,
          width: session.environment.columns,
          style: session.style
        )
      }
    }
  }
}

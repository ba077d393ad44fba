import ArgumentParser
import PatronClient

struct CustomersUpsert: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "upsert",
    abstract: "Create or change a customer, or many from a file.",
    discussion: """
      A customer is identified by --external-id; without it, by exactly one of --email and \
      --phone. Fields and address parts that are not given stay unchanged; --clear clears a field, \
      --replace-address sets the whole address. Repeating a call changes nothing and prints \
      `unchanged`.

      With --batch each line is one patron.v1.CustomerInput in JSON:
        {"externalId": "42", "email": "ada@example.com", "firstName": "Ada"}
      Lines are sent in order, up to 1,000 per call. Rejected lines do not stop the others: they \
      are written to the file of rejects with their numbers and reasons, and the exit status is 3.

      EXAMPLES
        patron customers upsert --external-id 42 --email ada@example.com --tags vip
        patron customers upsert --email ada@example.com --property shoe_size:int=39
        patron customers upsert --external-id 42 --clear phone --dry-run
        patron customers upsert --external-id 42 --city Paris
        patron customers upsert --batch customers.ndjson
        zcat customers.ndjson.gz | patron customers upsert --batch -
      """
  )

  @OptionGroup(title: "Customer") var fields: CustomerFields
  @OptionGroup(title: "Address") var address: AddressFields

  @Option(
    help: ArgumentHelp("A patron.v1.CustomerInput in JSON; flags override it.", valueName: "json")
  )
  var data: String?

  @Option(
    help: ArgumentHelp("Country of phone numbers without `+`, ISO 3166-1: US.", valueName: "code")
  )
  var defaultCountry: String?

  @Option(
    help: ArgumentHelp(
      "If an identifier belongs to another customer: "
        + EnumArgument.names(OnConflict.self) + ".",
      valueName: "action"
    ),
    completion: EnumArgument.list(OnConflict.self),
    transform: { try EnumArgument.parse($0, as: OnConflict.self) }
  )
  var onConflict: OnConflict?

  @Option(
    help: ArgumentHelp("Where consent was collected, 3 to 40 characters.", valueName: "name")
  )
  var consentSource: String?

  @Option(
    help: ArgumentHelp("The actor: \(EnumArgument.names(ActorKind.self)).", valueName: "actor"),
    completion: EnumArgument.list(ActorKind.self),
    transform: { try EnumArgument.parse($0, as: ActorKind.self) }
  )
  var actor: ActorKind?

  @Flag(help: "Check the customer and show the result; write nothing.")
  var dryRun = false

  @OptionGroup(title: "Batches") var batch: BatchFlags
  @OptionGroup var invalid: InvalidFieldsFlag
  @OptionGroup(title: "Times") var times: TimeFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard address.isEmpty || !fields.clear.contains("address") else {
      throw ValidationError(
        "--clear address and the address flags exclude each other. Give one of them."
      )
    }
    guard !fields.clear.contains("external-id") else {
      throw ValidationError(
        "An upsert cannot clear the external id, by which it finds the customer. Use `patron "
          + "customers "
          + "update --id ... --clear external-id`."
      )
    }
    let isEmpty = fields.isEmpty && address.isEmpty && data == nil
    if batch.batch != nil {
      guard isEmpty else {
        throw ValidationError(
          "--batch excludes fields and --data: it reads the customers from the file."
        )
      }
      guard !dryRun else {
        throw ValidationError(
          "--dry-run and --batch exclude each other. Try one customer with --dry-run."
        )
      }
    } else if isEmpty {
      throw ValidationError("Give the customer's fields as flags or with --data, or use --batch.")
    }
  }

  func run() async throws {
    if let source = batch.batch {
      try await runBatch(source)
      return
    }
    let json = try data.map { try DataArgument.bytes($0) }
    try await Session.run(global, zone: times.timezone) { session in
      let input = try await session.reading { try self.input(json, $0) }
      let request = UpsertCustomerRequest.with {
        $0.storeID = session.storeID
        $0.customer = input
        $0.onConflict = onConflict ?? .unspecified
        $0.validateOnly = dryRun
        $0.defaultCountry = defaultCountry ?? ""
        $0.invalidFields = invalid.policy
        $0.source = consentSource ?? ""
        $0.actor = actor ?? .unspecified
      }
      let response = try await session.timed(CustomerService.upsertCustomer.method) {
        try await session.client.customers.upsertCustomer(request, options: session.call)
      }
      try session.print(response) {
        CustomerText.upsert(
          response,
          dryRun: dryRun,
          width: session.environment.columns,
          style: session.style
        )
      }
    }
  }

  private func input(_ json: [UInt8]?, _ times: Times) throws -> CustomerInput {
    var input = try DataArgument.message(CustomerInput.self, json, times)
    address.apply(to: &input)
    try fields.apply(to: &input, times)
    return input
  }

  private func runBatch(_ source: String) async throws {
    try await Session.run(global, zone: times.timezone) { session in
      let frame = BatchUpsertCustomersRequest.with {
        $0.storeID = session.storeID
        $0.onConflict = onConflict ?? .unspecified
        $0.defaultCountry = defaultCountry ?? ""
        $0.invalidFields = invalid.policy
        $0.source = consentSource ?? ""
        $0.actor = actor ?? .unspecified
      }
      let job = BatchJob(
        noun: "customer",
        method: CustomerService.batchUpsertCustomers.method,
        item: CustomerInput.descriptor,
        itemField: BatchUpsertCustomersRequest.Field.customers,
        frame: try frame.encodedForCLI()
      ) { bytes throws(CodecError) in
        try BatchUpsertCustomersResponse(decoding: bytes).results
      }
      try await BatchRun(job, session, batch).run(source)
    }
  }
}

import ArgumentParser
import PatronClient

struct CustomersImport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Create or change customers from a CSV or NDJSON file.",
    discussion: """
      Accepts the output of `customers export` in both formats, and any CSV file whose header uses \
      its names; --template prints them. --map 'First Name=first_name' maps other names, and \
      --preset accepts the files of Shopify, WooCommerce, Klaviyo and Mailchimp as they are. \
      Properties are columns named custom.NAME:TYPE. Empty cells leave stored values unchanged; \
      cells of the address replace the parts for which the file has columns. Columns that only an \
      export has are ignored with a note; an error names all unknown columns. If sms_suppressed or \
      email_suppressed is true and the row has no reasons, the address is suppressed with the \
      reason manual.

      With --consent keep, the default, an import never subscribes a known customer, but records \
      opt-outs. With --consent overwrite the states are taken from the file; they replace an \
      opt-out only with a later date. Both add suppressions and never lift them.

      Times are ISO 8601; without a zone they are in --timezone. A day, month or minute stands for \
      its end in opt-outs and suppressions, for its beginning elsewhere.

      Rejected rows do not stop the others: they are written unchanged to the file of rejects, \
      with a column for the reason, and the exit status is 3. A row with missing cells is padded, \
      and rejected again until its reason is emptied. A run without rejects deletes the file of an \
      earlier run, unless it was edited. A dry run deletes nothing. It checks each row against the \
      rows before it in the same call (--batch-size), and reports rows of the whole file that \
      share identifiers by line.

      With --suppressions the file is a list of addresses to suppress, with the columns address, \
      channel, reason, suppressed_at (or date) and note. It creates no customers; the reason \
      unsubscribed is an opt-out by the customer.

      EXAMPLES
        patron customers import customers.csv --dry-run
        patron customers import customers.csv --default-country US
        patron customers import kunden.csv --map 'Vorname=first_name' \\
          --map 'E-Mail=email' --map 'Notiz='
        patron customers import customers_export.csv --preset shopify
        patron customers import writable.csv --consent overwrite --store new
        patron customers import customers.ndjson --store new
        patron customers import --suppressions bounces.csv
        patron customers import --template > customers.csv
      """
  )

  @Argument(
    help: ArgumentHelp("The file, or `-` for standard input.", valueName: "file|-"),
    completion: .file()
  )
  var file: String?

  @Option(
    help: ArgumentHelp(
      "A list of addresses to suppress or opt out, instead of customers.",
      valueName: "file|-"
    ),
    completion: .file()
  )
  var suppressions: String?

  @OptionGroup(title: "Columns") var layout: ImportLayoutFlags

  @Option(
    help: ArgumentHelp(
      "Policy for consent: \(EnumArgument.names(ConsentPolicy.self)).",
      valueName: "policy"
    ),
    transform: { try EnumArgument.parse($0, as: ConsentPolicy.self) }
  )
  var consent: ConsentPolicy = .keep

  @Option(
    help: ArgumentHelp(
      "For rows that name two customers, or would replace an identifier: reject the row, or find "
        + "the "
        + "customer by e-mail and keep the stored values. \(EnumArgument.names(OnMismatch.self)).",
      valueName: "what"
    ),
    completion: EnumArgument.list(OnMismatch.self),
    transform: { try EnumArgument.parse($0, as: OnMismatch.self) }
  )
  var onMismatch: OnMismatch = .reject

  @Flag(help: "Check all rows and show the result; write nothing.")
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      "The file for rejected rows. It is written only if there are any. (default: rejects.csv, or "
        + "rejects.ndjson for NDJSON)",
      valueName: "file"
    ),
    completion: .file()
  )
  var rejects: String?

  @Option(
    help: ArgumentHelp("Country of phone numbers without `+`, ISO 3166-1: US.", valueName: "code")
  )
  var defaultCountry: String?

  @Option(
    help: ArgumentHelp(
      "Source of the import in the consent ledger, 3 to 40 characters. (default: import)",
      valueName: "name"
    )
  )
  var source: String?

  @Option(help: ArgumentHelp("Rows per call, 1 to 1000.", valueName: "count"))
  var batchSize = 1000

  @Option(
    help: ArgumentHelp(
      "How the file was exported: with `off`, cells are read unchanged and no leading ' is "
        + "removed. \(EnumArgument.names(CsvSafety.self)).",
      valueName: "safety"
    ),
    transform: { try EnumArgument.parse($0, as: CsvSafety.self) }
  )
  var safety: CsvSafety = .smart

  @Flag(help: "Print a header with an example row, and exit.")
  var template = false

  @OptionGroup var invalid: InvalidFieldsFlag
  @OptionGroup(title: "Times") var times: TimeFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard (1...1000).contains(batchSize) else {
      throw ValidationError("--batch-size is \(batchSize); expected 1 to 1000.")
    }
    guard template || file != nil || suppressions != nil else {
      throw ValidationError("Name the file, or `-` for standard input.")
    }
    guard suppressions == nil || (file == nil && layout.preset == nil) else {
      throw ValidationError("--suppressions excludes the file and --preset. Give one of them.")
    }
  }

  func run() async throws {
    guard !template else {
      CLIEnvironment.current.out(ImportHeader.template)
      return
    }
    let map = try layout.columnMap()
    try await Session.run(global, zone: times.timezone) { session in
      let run = ImportRun(
        session: session,
        batchSize: batchSize,
        rejectsPath: rejects,
        isDryRun: dryRun,
        isUnescaped: safety == .off,
        map: map
      )
      if let suppressions {
        let frame = ImportSuppressionsRequest.with {
          $0.storeID = session.storeID
          $0.validateOnly = dryRun
          $0.defaultCountry = defaultCountry ?? ""
          $0.source = source ?? ""
        }
        return try await run.run(suppressions: suppressions, frame, delimiter: layout.delimiter)
      }
      let frame = ImportCustomersRequest.with {
        $0.storeID = session.storeID
        $0.consentPolicy = consent
        $0.validateOnly = dryRun
        $0.defaultCountry = defaultCountry ?? ""
        $0.invalidFields = invalid.policy
        $0.source = source ?? ""
        $0.onMismatch = onMismatch
      }
      try await run.run(
        file ?? "-",
        frame,
        delimiter: layout.delimiter,
        preset: layout.preset
      )
    }
  }
}

import ArgumentParser
import PatronClient

/// Takes customers from a CSV file.
struct CustomersImport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Create or change customers from a file of CSV or NDJSON.",
    discussion: """
      Takes what `customers export` writes, in either form, and any CSV whose header has its \
      names; --template prints them. For other names --map 'First Name=first_name' says what a \
      column is, and --preset takes the files of Shopify, WooCommerce, Klaviyo and Mailchimp as \
      they are. Properties are columns custom.NAME:TYPE. Empty cells leave alone what is stored; \
      cells of the address replace the parts that the file has columns for. Columns that only an \
      export has are ignored with a note; unknown ones are an error that names all of them. Where \
      sms_suppressed or email_suppressed is true and the row has no reasons, the address is \
      suppressed with the reason manual.

      With --consent keep, the default, nobody who is known is subscribed; opt-outs are taken. \
      With --consent overwrite the states are taken as given, over an opt-out only with a later \
      date. Suppressions are added with either, and never lifted.

      Times are ISO 8601; without a zone they are of --timezone. Of a day, a month or a minute an \
      opt-out and a suppression take the end, everything else the beginning.

      Rejected rows do not stop the others: they go to the file of rejects as they were, with a \
      column that says why, and the exit status is 3. A row that lacked cells is filled up, and \
      refused until its reason is emptied. A run without rejects removes the file that an earlier \
      one left, unless somebody changed it. A dry run removes nothing, and judges rows with regard \
      to those before them in the same call (--batch-size); rows of the whole file that share \
      identifiers are told by their lines.

      With --suppressions the file is a list of addresses that must not be written to: columns \
      address, channel, reason, suppressed_at (or date) and note. It makes no customers; the \
      reason unsubscribed is an opt-out in person.

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
      "A list of addresses to be suppressed or opted out, in place of customers.",
      valueName: "file|-"
    ),
    completion: .file()
  )
  var suppressions: String?

  @OptionGroup(title: "Columns") var layout: ImportLayoutFlags

  @Option(
    help: ArgumentHelp(
      "What may happen to consent: \(EnumArgument.names(ConsentPolicy.self)).",
      valueName: "policy"
    ),
    transform: { try EnumArgument.parse($0, as: ConsentPolicy.self) }
  )
  var consent: ConsentPolicy = .keep

  @Option(
    help: ArgumentHelp(
      "A row that names two people, or would replace an identifier: reject it, or find the "
        + "customer by e-mail and keep what is there. \(EnumArgument.names(OnMismatch.self)).",
      valueName: "what"
    ),
    completion: EnumArgument.list(OnMismatch.self),
    transform: { try EnumArgument.parse($0, as: OnMismatch.self) }
  )
  var onMismatch: OnMismatch = .reject

  @Flag(help: "Check everything and show what would happen; write nothing.")
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      "Where rejected rows go. The file is written when there are any. (default: rejects.csv, "
        + "of NDJSON rejects.ndjson)",
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
      "What the import is called in the consent ledger, 3 to 40 characters. (default: import)",
      valueName: "name"
    )
  )
  var source: String?

  @Option(help: ArgumentHelp("Rows in one call, 1 to 1000.", valueName: "count"))
  var batchSize = 1000

  @Option(
    help: ArgumentHelp(
      "How the file was written: with `off`, cells are taken as they stand and no leading ' is "
        + "removed. \(EnumArgument.names(CsvSafety.self)).",
      valueName: "safety"
    ),
    transform: { try EnumArgument.parse($0, as: CsvSafety.self) }
  )
  var safety: CsvSafety = .smart

  @Flag(help: "Print a header with an example, and do nothing else.")
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
      throw ValidationError("--suppressions takes the place of the file, and has no --preset.")
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

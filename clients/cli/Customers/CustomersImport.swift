import ArgumentParser
import PatronClient

/// Takes customers from a CSV file.
struct CustomersImport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Create or change customers from a CSV file.",
    discussion: """
      Takes what `customers export` writes, and any CSV whose header has its names; --template \
      prints them. Properties are columns custom.NAME:TYPE. Empty cells leave alone what is \
      stored; cells of the address replace the parts that the file has columns for. Columns that \
      only an export has are ignored with a note; unknown ones are an error. Where sms_suppressed \
      or email_suppressed is true and the row has no reasons, the address is suppressed with the reason manual.

      With --consent keep, the default, nobody who is known is subscribed; opt-outs are taken. \
      With --consent overwrite the states are taken as given, over an opt-out only with a later \
      date. Suppressions are added with either, and never lifted.

      Rejected rows do not stop the others: they go to the file of rejects as they were, with a \
      column that says why, and the exit status is 3. A row that lacked cells is filled up, and \
      refused until its reason is emptied. A dry run judges rows with regard to those \
      before them in the same call (--batch-size).

      EXAMPLES
        patron customers import customers.csv --dry-run
        patron customers import customers.csv --default-country US
        patron customers import writable.csv --consent overwrite --store new
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
      "What may happen to consent: \(EnumArgument.names(ConsentPolicy.self)).",
      valueName: "policy"
    ),
    transform: { try EnumArgument.parse($0, as: ConsentPolicy.self) }
  )
  var consent: ConsentPolicy = .keep

  @Flag(help: "Check everything and show what would happen; write nothing.")
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      "Where rejected rows go. The file is written when there are any.",
      valueName: "file"
    ),
    completion: .file()
  )
  var rejects = "rejects.csv"

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

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard (1...1000).contains(batchSize) else {
      throw ValidationError("--batch-size is \(batchSize); expected 1 to 1000.")
    }
    guard template || file != nil else {
      throw ValidationError("Name the file, or `-` for standard input.")
    }
  }

  func run() async throws {
    guard !template, let file else {
      CLIEnvironment.current.out(ImportHeader.template)
      return
    }
    try await Session.run(global) { session in
      let frame = ImportCustomersRequest.with {
        $0.storeID = session.storeID
        $0.consentPolicy = consent
        $0.validateOnly = dryRun
        $0.defaultCountry = defaultCountry ?? ""
        $0.source = source ?? ""
      }
      let run = ImportRun(
        session: session,
        frame: frame,
        batchSize: batchSize,
        rejectsPath: rejects,
        isUnescaped: safety == .off
      )
      try await run.run(file)
    }
  }
}

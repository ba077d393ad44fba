import ArgumentParser
import PatronClient

/// Writes customers to a file.
struct CustomersExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write customers as CSV or NDJSON.",
    discussion: """
      All customers, or those of --filter and --search, oldest first, from one moment. \
      `--columns writable` writes what `customers import` takes; other columns are named, as in \
      --columns id,email,custom.shoe_size:int. A file appears under its name once it is complete.

      Cells that a spreadsheet would take for a formula begin with a ' that an import removes \
      again; phone numbers and plain numbers stay. --safety strict marks these too, off marks none.

      EXAMPLES
        patron customers export -o customers.csv
        patron customers export --columns writable -o backup.csv
        patron customers export --filter sms=subscribers --columns email,first_name --bom
        patron customers export --format ndjson | jq .email
      """
  )

  @Option(
    help: ArgumentHelp(
      "Predefined filters: CATEGORY=FILTER[,FILTER]. A comma is OR, repeated is AND.",
      valueName: "filter"
    )
  )
  var filter: [String] = []

  @Option(
    help: ArgumentHelp("A fragment of an e-mail address or a phone number.", valueName: "text")
  )
  var search: String?

  @Option(
    help: ArgumentHelp("csv or ndjson.", valueName: "format"),
    transform: { try EnumArgument.parse($0, as: ExportFormat.self) }
  )
  var format: ExportFormat = .csv

  @Option(
    help: ArgumentHelp("Columns in order, with commas, or `writable`.", valueName: "names")
  )
  var columns: String?

  @Option(
    help: ArgumentHelp(
      "Which cells are marked against formulas: \(EnumArgument.names(CsvSafety.self)).",
      valueName: "safety"
    ),
    transform: { try EnumArgument.parse($0, as: CsvSafety.self) }
  )
  var safety: CsvSafety?

  @Flag(help: "Begin with a byte order mark, for Excel.")
  var bom = false

  @OptionGroup(title: "Global options") var global: GlobalOptions

  private var file: String? { global.output?.text }

  func validate() throws {
    guard format != .zip else {
      throw ValidationError("--format zip is for one customer: `patron timeline export`.")
    }
  }

  func run() async throws {
    let request = try request()
    try await Session.run(global.forFile) { session in
      var output = try FileOutput(file, session.environment)
      var progress = ProgressBar(label: "customers", total: nil, environment: session.environment)
      // On every way out, so that a message does not stand behind the bar.
      defer { progress.clear() }
      var rows = 0
      try await session.timed(CustomerService.exportCustomers.method) {
        var request = request
        request.storeID = session.storeID
        let parts = try await session.client.customers.exportCustomers(
          request,
          options: session.call
        )
        for try await part in parts {
          try output.write(part.data)
          rows = Int(part.rows)
          progress.update(bytes: output.count, records: rows)
        }
      }
      try output.finish()
      progress.clear()
      if let file, !output.isStandardOutput {
        session.remark("\(ValueText.plural(rows, "customer")) in \(file)")
      }
    }
  }

  private func request() throws -> ExportCustomersRequest {
    let selections = try filter.map(Self.selection)
    return .with {
      $0.format = format
      $0.columns =
        columns.map { $0.split(separator: ",").map { Self.trimmed($0) } } ?? []
      $0.safety = safety ?? .unspecified
      $0.byteOrderMark = bom
      guard !selections.isEmpty || search != nil else { return }
      $0.filter = .with {
        $0.selections = selections
        $0.query = search ?? ""
      }
    }
  }

  private static func selection(_ text: String) throws -> FilterSelection {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    let filters = parts.count == 2 ? parts[1].split(separator: ",").map(trimmed) : []
    guard !filters.isEmpty else {
      throw ValidationError("--filter is CATEGORY=FILTER[,FILTER], as in sms=subscribers.")
    }
    return .with {
      $0.category = parts[0]
      $0.filters = filters
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}

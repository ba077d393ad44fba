import ArgumentParser
import PatronClient

struct CustomersExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write customers as CSV or NDJSON.",
    discussion: """
      Writes all customers, or those selected by --filter and --search, oldest first, from one \
      snapshot. `--columns writable` writes the columns that `customers import` accepts; other \
      columns are named, as in --columns id,email,custom.shoe_size:int. The file appears under its \
      name once it is complete, in place of one that has the name.

      Cells that a spreadsheet would evaluate as a formula begin with a ' that an import removes \
      again; phone numbers and plain numbers stay. --safety strict marks these too, off marks none.

      EXAMPLES
        patron customers export -o customers.csv
        patron customers export --columns writable -o writable.csv
        patron customers export --filter sms=subscribers \\
          --columns email,first_name --bom
        patron customers export --format ndjson | jq .email
      """
  )

  @OptionGroup(title: "Customers") var filter: FilterFlags

  @Option(
    help: ArgumentHelp("Format: csv or ndjson.", valueName: "format"),
    transform: { try EnumArgument.parse($0, as: ExportFormat.self) }
  )
  var format: ExportFormat = .csv

  @Option(
    help: ArgumentHelp("Columns in order, comma-separated, or `writable`.", valueName: "names")
  )
  var columns: String?

  @Option(
    help: ArgumentHelp(
      "Cells to mark against evaluation as formulas: \(EnumArgument.names(CsvSafety.self)).",
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
      throw ValidationError("--format zip is for one customer; use `patron timeline export`.")
    }
    try global.refuseFormAsFile("csv or ndjson")
    guard !columnNames.contains("") else {
      throw ValidationError(
        "--columns has an empty name; expected a list such as id,email, or no flag for all columns."
      )
    }
  }

  func run() async throws {
    let request = request
    try await Session.run(global.forFile) { session in
      var output = try FileOutput(file, session.environment)
      var progress = ProgressBar(label: "customers", total: nil, environment: session.environment)
      // The bar is removed on every exit, so that no message is appended to it.
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

  private var request: ExportCustomersRequest {
    .with {
      $0.format = format
      $0.columns = columnNames
      $0.safety = safety ?? .unspecified
      $0.byteOrderMark = bom
      $0.filter = filter.customerFilter
    }
  }

  private var columnNames: [String] {
    guard let columns else { return [] }
    return columns.split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.trimmingSpace() }
  }
}

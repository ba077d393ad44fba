import ArgumentParser
import PatronClient

struct TimelineExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a customer's events, or an archive of all data of the customer.",
    discussion: """
      csv and ndjson hold the events, newest first. zip is an archive of everything: customer.csv, \
      events.csv, orders.csv, order_items.csv, checkouts.csv, consent.csv, suppressions.csv, and \
      data.json with all of it in typed form. The file appears under its name once it is complete.

      EXAMPLES
        patron timeline export --external-id 42 -o timeline.csv
        patron timeline export --email ada@example.com --format zip -o ada.zip
        patron timeline export --id 17 --format ndjson --product sms \\
          --since 2024-01-01
      """
  )

  @OptionGroup(title: "Customer") var customer: CustomerSelector

  @Option(
    help: ArgumentHelp("Format: csv, ndjson or zip.", valueName: "format"),
    transform: { try EnumArgument.parse($0, as: ExportFormat.self) }
  )
  var format: ExportFormat = .csv

  @OptionGroup(title: "Events") var which: EventFilterFlags

  @Option(
    help: ArgumentHelp(
      "Cells to mark against evaluation as formulas: \(EnumArgument.names(CsvSafety.self)).",
      valueName: "safety"
    ),
    transform: { try EnumArgument.parse($0, as: CsvSafety.self) }
  )
  var safety: CsvSafety?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  private var file: String? { global.output?.text }

  func validate() throws {
    try global.refuseFormAsFile("csv, ndjson or zip")
    guard format != .zip || (file != nil && file != "-") else {
      throw ValidationError("--format zip requires a file: -o FILE.")
    }
  }

  func run() async throws {
    try await Session.run(global.forFile, zone: which.times.timezone) { session in
      let request = try await request(session)
      var output = try FileOutput(file, session.environment)
      var progress = ProgressBar(label: "events", total: nil, environment: session.environment)
      // The bar is removed on every exit, so that no message is appended to it.
      defer { progress.clear() }
      var rows = 0
      try await session.timed(TimelineService.exportTimeline.method) {
        let parts = try await session.client.timeline.exportTimeline(
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
        session.remark("\(ValueText.plural(rows, "event")) in \(file)")
      }
    }
  }

  private func request(_ session: Session) async throws -> ExportTimelineRequest {
    let filter = try await session.reading { try which.filter($0) }
    return .with {
      $0.storeID = session.storeID
      $0.customer = customer.reference
      $0.format = format
      $0.safety = safety ?? .unspecified
      $0.filter = filter
    }
  }
}

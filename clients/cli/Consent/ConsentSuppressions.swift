import ArgumentParser
import PatronClient

struct ConsentSuppressions: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "suppressions",
    abstract: "List and export the suppressed addresses of the store.",
    discussion: """
      Suppressions are stored under a hash of the address. The address itself is shown only if a \
      customer has it. `patron customers import --suppressions FILE` imports a list.
      """,
    subcommands: [SuppressionsList.self, SuppressionsExport.self]
  )
}

struct SuppressionFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only this channel: \(EnumArgument.names(ContactChannel.self)).",
      valueName: "channel"
    ),
    completion: EnumArgument.list(ContactChannel.self),
    transform: { try EnumArgument.parse($0, as: ContactChannel.self) }
  )
  var channel: ContactChannel?

  @Option(
    help: ArgumentHelp(
      "Only this reason: \(EnumArgument.names(SuppressionReason.self)).",
      valueName: "reason"
    ),
    completion: EnumArgument.list(SuppressionReason.self),
    transform: { try EnumArgument.parse($0, as: SuppressionReason.self) }
  )
  var reason: SuppressionReason?

  /// Returns the request for the first page.
  func request(_ session: Session) -> ListSuppressionsRequest {
    .with {
      $0.storeID = session.storeID
      $0.channel = channel ?? .unspecified
      $0.reason = reason ?? .unspecified
    }
  }
}

struct SuppressionsList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List suppressions, by channel and hash of the address.",
    discussion: """
      EXAMPLES
        patron consent suppressions list
        patron consent suppressions list --channel sms --reason unsubscribed --all
      """
  )

  @OptionGroup(title: "Suppressions") var suppressions: SuppressionFlags

  @OptionGroup var pages: PageFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global, formats: OutputFormat.allCases) { session in
      var request = suppressions.request(session)
      var collected = ListSuppressionsResponse()
      if session.format == .csv { session.printCSV(SuppressionText.header) }
      try await pages.forEachPage(of: 1000) { token, size in
        request.pageToken = token
        request.pageSize = size
        let page = try await session.timed(CustomerService.listSuppressions.method) {
          try await session.client.customers.listSuppressions(request, options: session.call)
        }
        collected.suppressions += try session.printEach(page.suppressions, csv: SuppressionText.row)
        collected.nextPageToken = page.nextPageToken
        return (page.suppressions.count, page.nextPageToken)
      }
      try session.printList(
        collected,
        empty: collected.suppressions.isEmpty ? "no address is suppressed" : nil,
        next: collected.nextPageToken
      ) {
        SuppressionText.table(
          collected.suppressions,
          width: session.environment.columns,
          style: session.style
        )
      }
    }
  }
}

struct SuppressionsExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write all suppressions as CSV or NDJSON.",
    discussion: """
      The file appears under its name once it is complete, and is readable only by its owner. \
      `patron customers import --suppressions` imports the rows that have an address.

      EXAMPLES
        patron consent suppressions export -o suppressions.csv
        patron consent suppressions export --channel email --format ndjson
      """
  )

  @OptionGroup(title: "Suppressions") var suppressions: SuppressionFlags

  @Option(
    help: ArgumentHelp("Format: csv or ndjson.", valueName: "format"),
    transform: { try EnumArgument.parse($0, as: ExportFormat.self) }
  )
  var format: ExportFormat = .csv

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard format != .zip else {
      throw ValidationError("--format zip is not supported here; expected csv or ndjson.")
    }
    try global.refuseFormAsFile("csv or ndjson")
  }

  func run() async throws {
    let file = global.output?.text
    try await Session.run(global.forFile) { session in
      var output = try FileOutput(file, session.environment)
      var request = suppressions.request(session)
      request.pageSize = 1000
      var count = 0
      if format == .csv { try output.write(Array(SuppressionText.header.utf8)) }
      repeat {
        let page = try await session.timed(CustomerService.listSuppressions.method) {
          try await session.client.customers.listSuppressions(request, options: session.call)
        }
        for row in page.suppressions {
          let text =
            format == .csv
            ? SuppressionText.row(row) : try session.json(row, pretty: false) + "\n"
          try output.write(Array(text.utf8))
        }
        count += page.suppressions.count
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      try output.finish()
      if let file, !output.isStandardOutput {
        session.remark("\(ValueText.plural(count, "suppression")) in \(file)")
      }
    }
  }
}

enum SuppressionText {
  static let header = CSVText.line([
    "address", "channel", "reason", "suppressed_at", "source", "note", "customer_id",
    "address_hash",
  ])

  static func row(_ row: AddressSuppression) -> String {
    let suppression = row.suppression ?? Suppression()
    return CSVText.line([
      row.address, ValueText.enumeration(suppression.channel),
      ValueText.enumeration(suppression.reason).replacing(" ", with: "_"),
      ValueText.instant(suppression.suppressedAt), suppression.source,
      suppression.note, row.customerID == 0 ? "" : String(row.customerID),
      LedgerCSV.hex(row.addressHash),
    ])
  }

  static func table(_ rows: [AddressSuppression], width: Int, style: Style) -> String {
    var table = TextTable([
      .init(title: "CHANNEL"), .init(title: "REASON"), .init(title: "SINCE"),
      .init(title: "ADDRESS", least: 12), .init(title: "CUSTOMER", right: true),
      .init(title: "SOURCE", least: 8), .init(title: "HASH", least: 12),
    ])
    for row in rows {
      let suppression = row.suppression ?? Suppression()
      table.add([
        ValueText.enumeration(suppression.channel), ValueText.enumeration(suppression.reason),
        ValueText.instant(suppression.suppressedAt), row.address,
        row.customerID == 0 ? "" : String(row.customerID), suppression.source,
        LedgerCSV.hex(row.addressHash),
      ])
    }
    return table.text(width: width, style: style)
  }
}

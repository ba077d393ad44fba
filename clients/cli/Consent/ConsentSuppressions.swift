import ArgumentParser
import PatronClient

/// The verbs for the list of all suppressions of a store.
struct ConsentSuppressions: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "suppressions",
    abstract: "List and export the addresses that must not be written to.",
    discussion: """
      Suppressions are kept by a hash of the address. The address itself is told where a customer \
      has it. `patron customers import --suppressions FILE` takes a list.
      """,
    subcommands: [SuppressionsList.self, SuppressionsExport.self]
  )
}

/// A selection of suppressions, as flags.
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

  /// The request of the first page.
  func request(_ session: Session) -> ListSuppressionsRequest {
    .with {
      $0.storeID = session.storeID
      $0.channel = channel ?? .unspecified
      $0.reason = reason ?? .unspecified
    }
  }
}

/// Lists suppressions.
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

  @Option(help: ArgumentHelp("How many, 1 or more.", valueName: "count"))
  var limit = 50

  @Flag(help: "All of them.")
  var all = false

  @Option(help: ArgumentHelp("Go on where another list ended.", valueName: "token"))
  var pageToken: String?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit is \(limit); expected 1 or more.") }
  }

  func run() async throws {
    try await Session.run(global, formats: OutputFormat.allCases) { session in
      var request = suppressions.request(session)
      request.pageToken = pageToken ?? ""
      var collected = ListSuppressionsResponse()
      var rest = all ? Int.max : limit
      if session.format == .csv { session.printCSV(SuppressionText.header) }
      repeat {
        request.pageSize = Int32(min(rest, 1000))
        let page = try await session.timed(CustomerService.listSuppressions.method) {
          try await session.client.customers.listSuppressions(request, options: session.call)
        }
        rest -= page.suppressions.count
        request.pageToken = page.nextPageToken
        collected.nextPageToken = page.nextPageToken
        switch session.format {
        case .ndjson:
          for row in page.suppressions { session.print(try session.json(row, pretty: false)) }
        case .csv:
          for row in page.suppressions { session.printCSV(SuppressionText.row(row)) }
        case .json, .table: collected.suppressions += page.suppressions
        }
      } while rest > 0 && !request.pageToken.isEmpty
      try show(collected, session)
    }
  }

  private func show(_ answer: ListSuppressionsResponse, _ session: Session) throws {
    if session.format == .json {
      session.print(try session.json(answer, pretty: true))
      return
    }
    if session.format == .table {
      if answer.suppressions.isEmpty {
        session.remark("no address is suppressed")
      } else {
        session.print(
          SuppressionText.table(
            answer.suppressions,
            width: session.environment.columns,
            style: session.style
          )
        )
      }
    }
    if !answer.nextPageToken.isEmpty { session.remarkMore(answer.nextPageToken) }
  }
}

/// Writes all suppressions to a file.
struct SuppressionsExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write all suppressions as CSV or NDJSON.",
    discussion: """
      A file appears under its name once it is complete, and only its owner may read it. `patron \
      customers import --suppressions` takes the rows that have an address.

      EXAMPLES
        patron consent suppressions export -o suppressions.csv
        patron consent suppressions export --channel email --format ndjson
      """
  )

  @OptionGroup(title: "Suppressions") var suppressions: SuppressionFlags

  @Option(
    help: ArgumentHelp("csv or ndjson.", valueName: "format"),
    transform: { try EnumArgument.parse($0, as: ExportFormat.self) }
  )
  var format: ExportFormat = .csv

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard format != .zip else { throw ValidationError("--format is csv or ndjson here.") }
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

/// Suppressions as text.
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

internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// A visit of the customers of an export, oldest first. It can be repeated any number of times
  /// with the same result.
  typealias ExportRows = (StoreReader, _ visit: StoreReader.CustomerVisitor) throws -> Void

  /// A checked ExportCustomers request.
  struct Export: Sendable {
    enum Form: Sendable {
      case csv(ExportColumns, CSVSafety, byteOrderMark: Bool)
      case ndjson
    }

    var filter: CheckedFilter
    var form: Form
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareExport(_ request: ExportCustomersRequest, _ call: CallContext) throws -> Export
  {
    return Export(
      filter: try CheckedFilter(request.filter),
      form: try Export.Form(request)
    )
  }

  /// Returns the row of the audit log. It does not name the filter, which may hold a customer's
  /// words.
  static func audit(_ export: Export) -> AuditedRead {
    let format: AuditTarget =
      switch export.form {
      case .csv: .format("csv")
      case .ndjson: .format("ndjson")
      }
    return AuditedRead(.customersExport) { _ in [format] }
  }

  /// Sends every customer of the filter, oldest first, so that an import creates them in this
  /// order.
  static func export(_ export: Export, _ context: ReadContext, _ stream: ScanStream) throws {
    let reader = context.reader
    let set = try export.filter.set(at: context.now, in: reader)
    try send(export, context, stream) { reader, visit in
      try reader.customersOldestFirst(in: set, visit)
    }
  }

  private static func send(
    _ export: Export,
    _ context: ReadContext,
    _ stream: ScanStream,
    rows: ExportRows
  ) throws {
    let reader = context.reader
    var output = ExportStream(stream)
    switch export.form {
    case .ndjson:
      let suppressed = try SuppressedCustomers(reader, now: context.now)
      var lines = CustomerLines(reader, suppressed, now: context.now)
      try rows(reader) { id, record, stats in
        try lines.add(id, record, stats)
        try output.countRow(pending: lines.text.count) { lines.take() }
        return true
      }
      try output.finish(lines.take())
    case .csv(let columns, let safety, let byteOrderMark):
      var kinds = ExportedKinds()
      if columns.dependOnRows {
        try rows(reader) { _, record, _ in
          try kinds.add(record)
          return true
        }
      }
      let cells = ExportCells(columns.resolved(kinds))
      var csv = CSVWriter(safety: safety, byteOrderMark: byteOrderMark)
      try cells.writeHeader(to: &csv)
      let suppressed = try SuppressedCustomers(reader, now: context.now)
      var customer = ExportedCustomer(reader, suppressed: suppressed, now: context.now)
      try rows(reader) { _, record, stats in
        try customer.read(record, stats)
        try cells.write(&customer, to: &csv)
        try output.countRow(pending: csv.bytes.count) { csv.take() }
        return true
      }
      try output.finish(csv.take())
    }
  }
}

extension CustomerHandlers.Export.Form {
  /// Checks the part of a request that describes the file.
  fileprivate init(_ request: ExportCustomersRequest) throws {
    var violations = Violations()
    violations.checkKnown("safety", request.safety.rawValue, CsvSafety.off.rawValue)
    violations.checkKnown("format", request.format.rawValue, ExportFormat.zip.rawValue)
    switch request.format {
    case .ndjson:
      let isPlain = request.columns.isEmpty && request.safety == .unspecified
      if !isPlain || request.byteOrderMark {
        violations.add(
          "format",
          RuleError(
            reason: "CSV_OPTIONS_WITHOUT_CSV",
            message: "columns, safety and byte_order_mark are for CSV. Leave them out, or take "
              + "EXPORT_FORMAT_CSV."
          )
        )
      }
      self = .ndjson
    case .zip:
      violations.add(
        "format",
        RuleError(
          reason: "FORMAT_UNSUITABLE",
          message: "An archive holds one customer: ExportTimeline makes it. Expected here is "
            + "EXPORT_FORMAT_CSV or EXPORT_FORMAT_NDJSON."
        )
      )
      self = .ndjson
    default:
      self = .csv(
        ExportColumns(request.columns, &violations),
        CSVSafety(request.safety),
        byteOrderMark: request.byteOrderMark
      )
    }
    try violations.finish()
  }
}

/// A stream of whole rows, in messages that are large enough to be cheap and small enough to stop
/// soon.
struct ExportStream {
  private let stream: ScanStream
  private var rows: Int64 = 0

  static let chunkBytes = 32 << 10

  init(_ stream: ScanStream) { self.stream = stream }

  /// Counts a row that a writer buffers. Sends the writer's bytes once `count`, their number, fills
  /// a chunk.
  mutating func countRow(pending count: Int, _ take: () -> [UInt8]) throws {
    rows += 1
    if count >= Self.chunkBytes { try send(take()) }
  }

  /// Sends the rest of a file, which may be the whole file.
  mutating func finish(_ rest: [UInt8]) throws {
    if !rest.isEmpty { try send(rest) }
  }

  private func send(_ bytes: [UInt8]) throws {
    let chunk = ExportCustomersResponse.with {
      $0.data = bytes
      $0.rows = rows
    }
    try stream.send(try chunk.encoded())
  }
}

internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// A checked ExportTimeline request.
  struct TimelineExport: Sendable {
    var customer: CustomerKey
    var format: ExportFormat
    var filter: TimelineFilter
    var safety: CSVSafety
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareExport(_ request: ExportTimelineRequest, _ call: CallContext) throws
    -> TimelineExport
  {
    var violations = Violations()
    violations.checkKnown("format", request.format.rawValue, ExportFormat.zip.rawValue)
    violations.checkKnown("safety", request.safety.rawValue, CsvSafety.off.rawValue)
    if request.format == .ndjson, request.safety != .unspecified {
      violations.add(
        "safety",
        RuleError(
          reason: "CSV_OPTIONS_WITHOUT_CSV",
          message: "safety is for CSV. Leave it out, or take another format."
        )
      )
    }
    try violations.finish()
    return TimelineExport(
      customer: try (request.customer ?? CustomerRef()).key(),
      format: request.format,
      filter: try TimelineFilter(request.filter ?? EventFilter()),
      safety: CSVSafety(request.safety)
    )
  }

  /// Returns the row of the audit log, which names the customer by its id. An export of an unknown
  /// customer has none: it will be refused.
  static func audit(_ export: TimelineExport) -> AuditedRead {
    AuditedRead(.timelineExport) { reader in
      guard let row = try reader.customerRow(export.customer.resolved(in: reader)) else {
        return nil
      }
      return [.customer(row.id)]
    }
  }

  /// Sends the events of one customer, newest first, or all data of the customer.
  static func export(
    _ export: TimelineExport,
    _ context: ReadContext,
    _ stream: ScanStream
  ) throws {
    let reader = context.reader
    let key = try export.customer.resolved(in: reader)
    guard let row = try reader.customerRow(key) else {
      throw try DomainError.customerNotFound(key, in: reader)
    }
    let files = CustomerFiles(
      of: row,
      filter: export.filter,
      safety: export.safety,
      in: reader,
      now: context.now
    )
    let output = TimelineOutput(stream)
    switch export.format {
    case .ndjson: try files.eventLines { try output.add($0, rows: files.rows) }
    case .zip:
      var archive = ZIPWriter(now: context.now) { try output.add($0, rows: files.rows) }
      try files.write(to: &archive)
      try archive.finish()
    default: try files.events { try output.add($0, rows: files.rows) }
    }
    try output.finish(rows: files.rows)
  }
}

/// An output that joins bytes into messages of a suitable size.
private final class TimelineOutput {
  private let stream: ScanStream
  private var pending: [UInt8] = []

  init(_ stream: ScanStream) { self.stream = stream }

  func add(_ bytes: [UInt8], rows: Int64) throws {
    pending += bytes
    if pending.count >= ExportStream.chunkBytes { try send(rows) }
  }

  func finish(rows: Int64) throws {
    if !pending.isEmpty { try send(rows) }
  }

  private func send(_ rows: Int64) throws {
    // A single event can be larger than a message should be.
    var rest = pending[...]
    while !rest.isEmpty {
      var part = rest.prefix(256 << 10)
      // A message of text ends between two characters.
      while part.count > 3, let next = rest.dropFirst(part.count).first, next & 0xC0 == 0x80,
        part.count > (256 << 10) - 3
      {
        part = part.dropLast()
      }
      rest = rest.dropFirst(part.count)
      let message = ExportTimelineResponse.with {
        $0.data = Array(part)
        $0.rows = rows
      }
      try stream.send(try message.encoded())
    }
    pending.removeAll(keepingCapacity: true)
  }
}

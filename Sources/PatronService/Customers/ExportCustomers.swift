internal import PatronProto
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// A checked request.
  struct Export: Sendable {
    var store: StoreID
    var filter: CheckedFilter
  }

  /// Bytes of rows that go into one message: large enough to be cheap, small enough to stop soon.
  private static let chunkBytes = 32 << 10

  /// Checks a request. CSV and columns are refused until they are served.
  static func prepareExport(_ request: ExportCustomersRequest) throws -> Export {
    let store = try StoreID.named(request.storeID)
    guard request.format == .ndjson else {
      throw RPCError.unimplementedPart("format", "formats other than EXPORT_FORMAT_NDJSON")
    }
    guard request.columns.isEmpty else {
      throw RPCError.unimplementedPart("columns", "a choice of columns")
    }
    return Export(store: store, filter: try CheckedFilter(request.filter))
  }

  /// Sends every customer of the filter, newest first, one JSON object a line.
  static func export(_ export: Export, _ context: ReadContext, _ stream: ScanStream) throws {
    let reader = StoreReader(context.transaction, export.store)
    var lines: [UInt8] = []
    var rows: Int64 = 0
    func flush() throws {
      guard !lines.isEmpty else { return }
      let chunk = ExportCustomersResponse.with {
        $0.data = lines
        $0.rows = rows
      }
      lines.removeAll(keepingCapacity: true)
      try stream.send(try chunk.encoded())
    }
    try reader.customers(in: export.filter.set(at: context.now), before: .max) { _, record, stats in
      let customer = [UInt8](record) + [UInt8](stats)
      lines += try Customer.descriptor.writeJSON(packed: customer)
      lines.append(UInt8(ascii: "\n"))
      rows += 1
      if lines.count >= chunkBytes { try flush() }
      return true
    }
    try flush()
  }
}

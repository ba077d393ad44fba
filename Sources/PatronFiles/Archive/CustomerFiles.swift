package import PatronCore
package import PatronModel
internal import PatronProto
package import PatronStore
internal import ProtoWire
internal import ProtobufC

/// The files with everything about one customer, read in chunks from one snapshot. Each file can be
/// produced any number of times, with the same bytes.
package final class CustomerFiles {
  private let filter: TimelineFilter
  private let safety: CSVSafety
  private let row: CustomerRow
  private let reader: StoreReader
  private let now: Int64
  private let titles: EventTitles
  /// The number of events in the last file of events that was written.
  package private(set) var rows: Int64 = 0

  /// The number of bytes after which text is emitted.
  private static let chunkBytes = 32 << 10

  package typealias Emit = ([UInt8]) throws -> Void

  package init(
    of row: CustomerRow,
    filter: TimelineFilter,
    safety: CSVSafety,
    in reader: StoreReader,
    now: Int64
  ) {
    self.filter = filter
    self.safety = safety
    self.row = row
    self.reader = reader
    self.now = now
    titles = EventTitles(reader)
  }

  /// Writes all files to an archive.
  package func write(to archive: inout ZIPWriter) throws {
    try archive.add("customer.csv", customer)
    try archive.add("events.csv", events)
    try archive.add("orders.csv", orders)
    try archive.add("order_items.csv", orderItems)
    try archive.add("checkouts.csv", checkouts)
    try archive.add("consent.csv", consent)
    try archive.add("suppressions.csv", suppressions)
    try archive.add("data.json", json)
  }

  // MARK: - CSV

  /// Emits the customer as CSV, with the columns of an export of customers.
  package func customer(_ emit: @escaping Emit) throws {
    var kinds = ExportedKinds()
    var csv = CSVWriter(safety: safety)
    let (record, stats) = (row.body, row.stats)
    try kinds.add(record.span.bytes)
    let cells = ExportCells(ExportColumns.all.resolved(kinds))
    var customer = ExportedCustomer(reader, now: now)
    try customer.read(record.span.bytes, stats.span.bytes)
    try cells.writeHeader(to: &csv)
    try cells.write(&customer, to: &csv)
    try emit(csv.take())
  }

  /// Emits the events that match the filter as CSV.
  package func events(_ emit: @escaping Emit) throws {
    var csv = CSVWriter(safety: safety)
    try csv.cells(EventCSV.columns)
    try visitEvents { body in
      try EventCSV.write(try Event(stored: body), to: &csv)
      try flush(&csv, emit)
    }
    try emit(csv.take())
  }

  private func orders(_ emit: @escaping Emit) throws {
    var csv = CSVWriter(safety: safety)
    try csv.cells(EventCSV.orderColumns)
    try visitOrders { body in
      try EventCSV.write(try Order(stored: body), to: &csv)
      try flush(&csv, emit)
    }
    try emit(csv.take())
  }

  private func orderItems(_ emit: @escaping Emit) throws {
    var csv = CSVWriter(safety: safety)
    try csv.cells(EventCSV.itemColumns)
    try visitOrders { body in
      let order = try Order(stored: body)
      for item in order.lineItems { try EventCSV.write(item, of: order, to: &csv) }
      try flush(&csv, emit)
    }
    try emit(csv.take())
  }

  private func checkouts(_ emit: @escaping Emit) throws {
    var csv = CSVWriter(safety: safety)
    try csv.cells(EventCSV.checkoutColumns)
    try reader.checkouts(of: row.id) { body in
      try EventCSV.write(try Checkout(stored: body), to: &csv)
      try flush(&csv, emit)
    }
    try emit(csv.take())
  }

  private func consent(_ emit: @escaping Emit) throws {
    var csv = CSVWriter(safety: safety)
    try csv.cells(EventCSV.consentColumns)
    try reader.ledger(of: row.id) { body in
      try EventCSV.write(try ConsentRecord(stored: body), to: &csv)
      try flush(&csv, emit)
    }
    try emit(csv.take())
  }

  /// Emits the suppressions of the customer's current addresses as CSV.
  private func suppressions(_ emit: @escaping Emit) throws {
    var csv = CSVWriter(safety: safety)
    try csv.cells(EventCSV.suppressionColumns)
    for status in try ChannelStatuses(of: row, in: reader, at: now).marketing {
      for suppression in status.suppressions { try EventCSV.write(suppression, to: &csv) }
    }
    try emit(csv.take())
  }

  private func flush(_ csv: inout CSVWriter, _ emit: Emit) throws {
    if csv.bytes.count >= Self.chunkBytes { try emit(csv.take()) }
  }

  // MARK: - JSON

  /// Emits the events that match the filter as JSON, one event a line.
  package func eventLines(_ emit: @escaping Emit) throws {
    try visitEvents { body in
      try emit(
        try Event.descriptor.writeJSON(packed: body) + [UInt8(ascii: "\n")]
      )
    }
  }

  /// Emits the typed and complete data as JSON, with the parts that the CSV files leave out.
  private func json(_ emit: @escaping Emit) throws {
    let customer = try Customer.descriptor.writeJSON(packed: row.body + row.stats)
    try emit(Array("{\"customer\":".utf8) + customer)
    try formerIdentifiers(emit)
    let statuses = try ChannelStatuses(of: row, in: reader, at: now)
    try list("channels", ChannelStatus.descriptor, emit) { add in
      for status in statuses.all { try add(try status.encoded()) }
    }
    try list("suppressions", PatronProto.Suppression.descriptor, emit) { add in
      for suppression in statuses.marketing.flatMap(\.suppressions) {
        try add(try suppression.encoded())
      }
    }
    try list("provenance", FieldProvenance.descriptor, emit) { add in
      for entry in try Provenance(stored: row.provenance(in: reader)).entries {
        try add(try entry.encoded())
      }
    }
    try list("consentHistory", ConsentRecord.descriptor, emit) { add in
      try reader.ledger(of: row.id) { try add([UInt8](copying: $0)) }
    }
    try list("orders", Order.descriptor, emit) { add in
      try visitOrders { try add([UInt8](copying: $0)) }
    }
    try list("checkouts", Checkout.descriptor, emit) { add in
      try reader.checkouts(of: row.id) { try add([UInt8](copying: $0)) }
    }
    try list("events", Event.descriptor, emit) { add in try visitEvents(add) }
    try emit(Array("}\n".utf8))
  }

  /// Emits the customer's aliases as members of the JSON object.
  private func formerIdentifiers(_ emit: @escaping Emit) throws {
    var lists: [String: [String]] = [:]
    for former in try reader.formerIdentifiers(of: row.id) {
      switch former {
      case .id(let id): lists["Ids", default: []].append("\"\(id)\"")
      case .externalID(let text):
        lists["ExternalIds", default: []].append(PropertiesJSON.string(text))
      case .address(.email, let text):
        lists["Emails", default: []].append(PropertiesJSON.string(text))
      case .address(.sms, let text):
        lists["PhoneNumbers", default: []].append(PropertiesJSON.string(text))
      }
    }
    for name in ["Ids", "ExternalIds", "Emails", "PhoneNumbers"] {
      let values = lists[name, default: []].joined(separator: ",")
      try emit(Array(",\"former\(name)\":[\(values)]".utf8))
    }
  }

  private func list(
    _ name: String,
    _ type: MessageDescriptor,
    _ emit: @escaping Emit,
    _ items: (_ add: ([UInt8]) throws -> Void) throws -> Void
  ) throws {
    try emit(Array(",\n\"\(name)\":[".utf8))
    var isFirst = true
    try items { message in
      try emit(Array((isFirst ? "\n" : ",\n").utf8) + (try type.writeJSON(packed: message)))
      isFirst = false
    }
    try emit(Array("]".utf8))
  }

  // MARK: - Records

  private func visitEvents(_ visit: ([UInt8]) throws -> Void) throws {
    rows = 0
    let position = TimelinePosition(
      occurredAt: filter.before ?? .max,
      id: filter.before == nil ? .max : .min
    )
    try reader.timeline(of: row.id, behind: position, notBefore: filter.from) { entry in
      guard try filter.matches(entry, titles) else { return true }
      try visit([UInt8](copying: entry.body) + (try titles.missingTitle(of: entry)))
      rows += 1
      return true
    }
  }

  private func visitOrders(_ visit: (RawSpan) throws -> Void) throws {
    try reader.latestOrders(of: row.id) { order in
      try visit(order)
      return true
    }
  }
}

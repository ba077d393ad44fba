internal import PatronCore
internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtoWire

/// A property in the stored bytes of a customer, which hold its name and its text.
package struct ExportedProperty {
  /// The offsets of the name.
  private(set) var name = 0..<0
  /// The field number of the value's kind; 0 without a value.
  private var kind = 0
  private var value = WireValue.varint(0)

  /// Decodes an entry of the map `custom_properties`, which is a part of `bytes`.
  init(_ bytes: RawSpan, _ entry: Range<Int>) throws(WireError) {
    var reader = ProtoReader(bytes, entry)
    while let (field, value) = try reader.next() {
      guard case .bytes(let range) = value else { continue }
      if field == MapEntry.key { name = range }
      if field == MapEntry.value { try read(bytes, range) }
    }
  }

  private mutating func read(_ bytes: RawSpan, _ message: Range<Int>) throws(WireError) {
    var reader = ProtoReader(bytes, message)
    while let (field, value) = try reader.next() { (kind, self.value) = (field, value) }
  }

  /// The type of the value; nil without a value.
  var type: PropertyType? {
    switch kind {
    case PropertyValue.Field.stringValue: .string
    case PropertyValue.Field.boolValue: .bool
    case PropertyValue.Field.int64Value: .int
    case PropertyValue.Field.doubleValue: .double
    case PropertyValue.Field.timestampValue: .timestamp
    case PropertyValue.Field.dateValue: .date
    default: nil
    }
  }

  /// Writes the value as a cell of its type. `bytes` are those that it was decoded from.
  func write(in bytes: RawSpan, to csv: inout CSVWriter) throws {
    do {
      try writeValue(bytes, to: &csv)
    } catch let error as WireError {
      throw StoreError(error)
    }
  }

  private func writeValue(_ bytes: RawSpan, to csv: inout CSVWriter) throws {
    switch (type, value) {
    case (.string, .bytes(let text)): try csv.cell(bytes.extracting(text))
    case (.bool, .varint(let flag)): csv.plain(flag != 0 ? "true" : "false")
    case (.int, .varint(let number)): try csv.integer(Int64(bitPattern: number))
    case (.double, .fixed64(let bits)): try csv.cell("\(Double(bitPattern: bits))")
    case (.timestamp, .bytes(let time)):
      let (seconds, nanos) = try GoogleProtobuf.Timestamp.parts(of: bytes.extracting(time))
      csv.time(seconds &* 1_000_000 &+ nanos / 1000, nanos: Int(nanos % 1000))
    case (.date, .bytes(let date)): try csv.cell(try Self.date(bytes.extracting(date)))
    default: csv.empty()
    }
  }

  /// Returns an encoded `patron.v1.Date` as `YYYY-MM-DD`.
  static func date(_ message: RawSpan) throws(WireError) -> String {
    var reader = ProtoReader(message)
    var (year, month, day) = (1, 1, 1)
    while let next = try reader.next() {
      switch next {
      case (CalendarDate.Field.year, .varint(let number)): year = Int(truncatingIfNeeded: number)
      case (CalendarDate.Field.month, .varint(let number)): month = Int(truncatingIfNeeded: number)
      case (CalendarDate.Field.day, .varint(let number)): day = Int(truncatingIfNeeded: number)
      default: break
      }
    }
    return CivilDate(year: year, month: month, day: day)?.iso8601 ?? ""
  }
}

/// The names and types of the properties of all customers of an export, which become its property
/// columns.
struct PropertyColumns {
  /// The maximum number of columns. Spreadsheets show no more, and callers choose the names freely.
  static let maxCount = 4096

  private var found: [Property] = []
  private(set) var count = 0

  private struct Property {
    let name: [UInt8]
    var types: [PropertyType]
  }

  /// Adds the property of a row with the given bytes.
  mutating func add(_ property: ExportedProperty, in bytes: RawSpan) throws {
    guard let type = property.type else { return }
    let name = bytes.extracting(property.name)
    let place = place(of: name)
    if isName(at: place, name) {
      guard !found[place].types.contains(type) else { return }
      found[place].types.append(type)
    } else {
      found.insert(Property(name: [UInt8](copying: name), types: [type]), at: place)
    }
    count += 1
    guard count <= Self.maxCount else {
      throw DomainError.reason(
        .failedPrecondition,
        "TOO_MANY_COLUMNS",
        "The customers have properties of more than \(Self.maxCount) names. Choose columns, "
          + "or export as NDJSON."
      )
    }
  }

  /// The columns, sorted by name and type.
  var columns: [CustomerColumn] {
    found.flatMap { property in
      property.types.sorted().map {
        .property(name: String(decoding: property.name, as: UTF8.self), $0)
      }
    }
  }

  private func isName(at place: Int, _ name: RawSpan) -> Bool {
    guard place < found.count else { return false }
    let known = found[place].name
    return known.span.bytes.hasSameBytes(as: name)
  }

  private func place(of name: RawSpan) -> Int {
    var (low, high) = (0, found.count)
    while low < high {
      let middle = (low + high) / 2
      let known = found[middle].name
      if known.span.bytes.lexicographicallyPrecedes(name) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }
}

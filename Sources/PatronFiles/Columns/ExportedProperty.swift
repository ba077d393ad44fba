internal import PatronCore
internal import PatronModel
internal import PatronProto
internal import PatronStore

/// A property in the stored bytes of a customer. Its values are borrowed, and are valid as long as
/// the row's bytes.
package struct ExportedProperty {
  private(set) var name = UnsafeRawBufferPointer(start: nil, count: 0)
  /// The field number of the value's kind; 0 without a value.
  private var kind = 0
  private var value = WireFields.Value.number(0)

  /// Decodes an entry of the map `custom_properties`.
  init(_ entry: UnsafeRawBufferPointer) throws(StoreError) {
    var fields = WireFields(entry)
    while let (field, value) = try fields.next() {
      guard case .bytes(let bytes) = value else { continue }
      if field == 1 { name = bytes }
      if field == 2 { try read(bytes) }
    }
  }

  private mutating func read(_ message: UnsafeRawBufferPointer) throws(StoreError) {
    var fields = WireFields(message)
    while let (field, value) = try fields.next() { (kind, self.value) = (field, value) }
  }

  /// The type of the value; nil without a value.
  var type: PropertyType? {
    switch kind {
    case 1: .string
    case 2: .bool
    case 3: .int
    case 4: .double
    case 5: .timestamp
    case 6: .date
    default: nil
    }
  }

  /// Writes the value as a cell of its type.
  func write(to csv: inout CSVWriter) throws {
    switch (kind, value) {
    case (1, .bytes(let text)): try csv.cell(text)
    case (2, .number(let flag)): csv.plain(flag != 0 ? "true" : "false")
    case (3, .number(let number)): try csv.integer(Int64(bitPattern: number))
    case (4, .fixed(let bits)): try csv.cell("\(Double(bitPattern: bits))")
    case (5, .bytes(let message)):
      let (seconds, nanos) = try WireFields.timestamp(message)
      csv.time(seconds &* 1_000_000 &+ Int64(nanos / 1000), nanos: nanos % 1000)
    case (6, .bytes(let message)): try csv.cell(Self.date(message))
    default: csv.empty()
    }
  }

  /// Returns an encoded `patron.v1.Date` as `YYYY-MM-DD`.
  static func date(_ message: UnsafeRawBufferPointer) throws(StoreError) -> String {
    var fields = WireFields(message)
    var parts = [0, 1, 1, 1]
    while let (field, value) = try fields.next() {
      if case .number(let number) = value, field < 4 {
        parts[field] = Int(truncatingIfNeeded: number)
      }
    }
    return CivilDate(year: parts[1], month: parts[2], day: parts[3])?.iso8601 ?? ""
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

  /// Adds the property of a row.
  mutating func add(_ property: ExportedProperty) throws {
    guard let type = property.type else { return }
    let place = place(of: property.name)
    if place < found.count, found[place].name.elementsEqual(property.name) {
      guard !found[place].types.contains(type) else { return }
      found[place].types.append(type)
    } else {
      found.insert(Property(name: Array(property.name), types: [type]), at: place)
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

  private func place(of name: UnsafeRawBufferPointer) -> Int {
    var (low, high) = (0, found.count)
    while low < high {
      let middle = (low + high) / 2
      if found[middle].name.lexicographicallyPrecedes(name) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }
}

import PatronClient
import PatronModel

/// The header of a file of customers: which cell goes where.
struct ImportHeader: Sendable {
  /// A column for each cell; nil for those that are left out or read by the layout.
  let columns: [CustomerColumn?]
  /// Names of the columns in messages: those of exports, or of the file in small letters.
  let names: [String]
  /// The layout of the program that wrote the file; nil where the columns say what they are.
  let layout: ImportLayout?
  /// Positions of the columns that the layout reads by itself.
  let special: [String: Int]
  /// The cell that says why the row was rejected; nil in files that are no rejects.
  let reasonIndex: Int?
  /// Remarks for the user about columns that are not imported.
  let remarks: [String]

  /// The name of the column that a file of rejects has.
  static let reasonName = "reject_reason"
  /// The end of the reason of a row that lacked cells. The file of rejects fills it up, so that the
  /// reason has its column; while it stands there, the row is not taken for whole.
  static let incomplete = "; complete the row and empty this cell"

  /// Reads a header. Names are those of an export, or of the layout, or of the map, without regard
  /// to case and space around them.
  init(
    _ cells: [String],
    map: ColumnMap,
    preset: ImportPreset?,
    fileName: String
  ) throws(LocalError) {
    let names = cells.map { $0.trimmingSpace().lowercased() }
    try map.check(against: names)
    let layout = preset?.layout(names, fileName: fileName)
    var reading = HeaderReading(cells, names, map: map, layout: layout)
    try reading.read()
    let identifiers: [CustomerColumn] = [
      .field(.externalID), .field(.email), .field(.phoneNumber),
    ]
    let given = layout?.gives ?? []
    guard identifiers.contains(where: { reading.columns.contains($0) || given.contains($0) })
    else {
      throw LocalError(
        "the header names no customers; expected external_id, email or phone_number among its "
          + "columns. `patron customers import --template` prints a header"
      )
    }
    columns = reading.columns
    self.names = zip(names, reading.columns).map { name, column in
      guard let column, CustomerColumn(name: name) == column else { return name }
      return column.name
    }
    var special: [String: Int] = [:]
    for (index, name) in names.enumerated()
    where layout?.special.contains(name) == true && map[name] == nil && special[name] == nil {
      special[name] = index
    }
    self.special = special
    reasonIndex = names.firstIndex(of: Self.reasonName)
    self.layout = layout
    remarks = reading.remarks + [layout?.remark].compactMap(\.self)
  }

  /// A remark for the user about columns that have no name: the index of a data frame, or commas at
  /// the end of each line; nil where there are none.
  static func remark(nameless count: Int) -> String? {
    guard count > 0 else { return nil }
    return "note: not imported, because the header has no name for "
      + (count == 1 ? "it: 1 column" : "them: \(count) columns")
  }

  /// Returns the name in messages of the column with this name in exports.
  func name(of column: String) -> String {
    columns.firstIndex { $0?.name == column }.map { names[$0] } ?? column
  }

  /// The parts of the address that the file has columns for; nil where it has all of them, and a
  /// row is the whole address, or where its layout makes the address by itself.
  var addressParts: GoogleProtobuf.FieldMask? {
    guard layout == nil else { return nil }
    let fields: [(CustomerField, part: String)] = [
      (.address1, "address1"), (.address2, "address2"), (.city, "city"), (.company, "company"),
      (.state, "state"), (.zip, "zip"), (.provinceCode, "province_code"),
      (.countryCode, "country_code"), (.addressPhoneNumber, "phone_number"),
    ]
    let given = fields.filter { columns.contains(.field($0.0)) }
    return given.count == fields.count ? nil : .with { $0.paths = given.map(\.part) }
  }

  /// A header of all columns that an import takes, and an example row.
  static var template: String {
    let columns =
      CustomerColumn.standard.filter(\.isWritable)
      + [.property(name: "shoe_size", .int)]
    let example: [CustomerColumn: String] = [
      .field(.externalID): "42", .field(.email): "ada@example.com",
      .field(.phoneNumber): "+12025550143", .field(.firstName): "Ada",
      .field(.tags): "vip, gold", .field(.countryCode): "US",
      .consent(.email, .marketing, .state): "subscribed",
      .consent(.email, .marketing, .changedAt): "2024-05-31T12:00:00Z",
      .consent(.email, .marketing, .source): "welcome_popup",
      .property(name: "shoe_size", .int): "39",
    ]
    return CSVText.line(columns.map(\.name)) + CSVText.line(columns.map { example[$0] ?? "" })
  }
}

/// Finds out what the columns of a header are, and collects all that is wrong with them.
private struct HeaderReading {
  private(set) var columns: [CustomerColumn?] = []
  private let cells: [String]
  private let names: [String]
  private let map: ColumnMap
  private let layout: ImportLayout?
  /// Columns of exports only, columns that the layout does not know, and those that it leaves out.
  private var ignored: [String] = []
  private var strange: [String] = []
  private var leftOut: [String] = []
  /// Unknown columns as the file has them.
  private var unknown: [(cell: String, name: String)] = []
  /// Columns without a name.
  private var nameless = 0

  init(_ cells: [String], _ names: [String], map: ColumnMap, layout: ImportLayout?) {
    self.cells = cells
    self.names = names
    self.map = map
    self.layout = layout
  }

  mutating func read() throws(LocalError) {
    let claimed = layout.map { claims($0) }
    for (index, name) in names.enumerated() {
      let column: CustomerColumn?
      if name.isEmpty {
        nameless += 1
        column = nil
      } else if name == ImportHeader.reasonName {
        column = nil
      } else if let target = map[name] {
        column = try mapped(cells[index], target)
      } else if let layout, let claimed {
        column = claimed[index]
        if column == nil { noteLeftOut(layout, name, cells[index]) }
      } else {
        column = native(cells[index], name)
      }
      if let column, columns.contains(column) {
        let first = columns.firstIndex(of: column).map { names[$0] } ?? name
        throw LocalError(
          first == name
            ? "the header has the column \(name) twice; expected each once"
            : "the columns \"\(SafeText.line(first))\" and \"\(SafeText.line(name))\" are both "
              + "\(column.name); expected one"
        )
      }
      columns.append(column)
    }
    guard unknown.isEmpty else { throw refusal }
  }

  /// Remarks for the user about columns that are not imported.
  var remarks: [String] {
    var remarks: [String] = []
    func add(_ text: String, _ names: [String], _ end: String = "") {
      guard !names.isEmpty else { return }
      remarks.append("note: \(text): \(SafeText.line(names.joined(separator: ", ")))\(end)")
    }
    add("not imported, because only exports have them", ignored)
    add("left out by the preset", leftOut)
    add("not known to the preset and left out", strange, "; --map 'NAME=column' takes one")
    if let remark = ImportHeader.remark(nameless: nameless) { remarks.append(remark) }
    return remarks
  }

  /// A column by the name that exports give it.
  private mutating func native(_ cell: String, _ name: String) -> CustomerColumn? {
    guard let column = CustomerColumn(name: name) else {
      unknown.append((cell, name))
      return nil
    }
    guard Self.isTaken(column) else {
      if !ignored.contains(name) { ignored.append(name) }
      return nil
    }
    return column
  }

  private func mapped(_ cell: String, _ target: String) throws(LocalError) -> CustomerColumn? {
    if target.isEmpty { return nil }
    if let column = CustomerColumn(name: target), Self.isTaken(column) { return column }
    let near = CustomerColumn.nearest(to: target).filter {
      CustomerColumn(name: $0).map(Self.isTaken) ?? true
    }
    throw .usage(
      "--map \(SafeText.line(cell))=\(SafeText.line(target)): an import takes no column of that "
        + "name"
        + (near.isEmpty
          ? "; `patron customers import --template` prints the columns"
          : "; did you mean \(near.joined(separator: " or "))?")
    )
  }

  /// Finds the columns of the layout. If several cells are the same column, the first in the
  /// layout's order counts. The map has precedence.
  private func claims(_ layout: ImportLayout) -> [Int: CustomerColumn] {
    var taken = Set(map.targets.compactMap(CustomerColumn.init(name:)))
    var claims: [Int: CustomerColumn] = [:]
    for (name, column) in layout.columns {
      guard let index = names.firstIndex(of: name), map[name] == nil,
        taken.insert(column).inserted
      else { continue }
      claims[index] = column
    }
    return claims
  }

  private mutating func noteLeftOut(_ layout: ImportLayout, _ name: String, _ cell: String) {
    if layout.special.contains(name) { return }
    let name = cell.trimmingSpace()
    if layout.knows(name.lowercased()) {
      if !leftOut.contains(name) { leftOut.append(name) }
    } else if !strange.contains(name) {
      strange.append(name)
    }
  }

  /// Returns true for a column that an import takes: every writable one, and the flag of
  /// suppression, because messages would go out by mistake without it.
  private static func isTaken(_ column: CustomerColumn) -> Bool {
    if case .suppression(_, .isSuppressed) = column { return true }
    return column.isWritable
  }

  /// More columns than this are counted: a file that is no table may have thousands.
  private static let namedColumns = 100

  /// All unknown columns, with what they most likely are.
  private var refusal: LocalError {
    var list = unknown.prefix(Self.namedColumns).map { cell, name in
      let shown = "\"\(SafeText.line(String(cell.prefix(64))))\""
      let near = CustomerColumn.nearest(to: name)
      return near.isEmpty ? shown : "\(shown) (\(near.joined(separator: " or "))?)"
    }
    if unknown.count > list.count { list.append("and \(unknown.count - list.count) more") }
    let first = SafeText.line(String(unknown[0].cell.trimmingSpace().prefix(64)))
    let likely = CustomerColumn.nearest(to: unknown[0].name).first ?? "column"
    var text =
      unknown.count == 1
      ? "the header has an unknown column: " : "the header has \(unknown.count) unknown columns: "
    text += list.joined(separator: ", ")
    text += ". Say what it is with --map '\(first)=\(likely)', or leave it out with '\(first)='"
    if let preset = ImportPreset.likely(names) {
      text += "; it looks like an export of \(preset.title): --preset \(preset.rawValue)"
    }
    return LocalError(text)
  }
}

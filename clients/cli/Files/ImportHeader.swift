import PatronClient
import PatronModel

/// The header of a customer file, with the column of each cell.
struct ImportHeader: Sendable {
  /// The column of each cell; nil for cells that are ignored or read by the layout.
  let columns: [CustomerColumn?]
  /// The names of columns in messages: those of exports, or those of the file in lower case.
  let names: [String]
  /// The layout of the program that exported the file; nil if the columns have import names.
  let layout: ImportLayout?
  /// The indices of columns that the layout reads itself.
  let special: [String: Int]
  /// Index of the cell with the reason of a rejection; nil in files that are not rejects.
  let reasonIndex: Int?
  /// Remarks for the user about columns that are not imported.
  let remarks: [String]

  /// The name of the reason column in files of rejects.
  static let reasonName = "reject_reason"
  /// The end of the reason of a row with missing cells. Such a row is padded, so that the reason is
  /// in its column, and is rejected again until the reason is emptied.
  static let incomplete = "; complete the row and empty this cell"

  /// Parses a header. Names are those of an export, the layout or the map. Case and surrounding
  /// space are ignored.
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
        "the header has no identifier of customers; expected a column external_id, email or "
          + "phone_number. `patron customers import --template` prints a header"
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

  /// Returns a remark about columns without a name, such as the index of a data frame or trailing
  /// commas; nil if there are none.
  static func remark(nameless count: Int) -> String? {
    guard count > 0 else { return nil }
    return "note: not imported, because the header has no name for "
      + (count == 1 ? "it: 1 column" : "them: \(count) columns")
  }

  /// Returns the name that messages use for a column of exports.
  func name(of column: String) -> String {
    columns.firstIndex { $0?.name == column }.map { names[$0] } ?? column
  }

  /// The address parts that the file has columns for. Nil if it has all of them, so that a row
  /// replaces the whole address, or if the layout composes the address.
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

  /// The header of all columns that an import accepts, and an example row.
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

/// The parser of a header. It collects all errors before it fails.
private struct HeaderReading {
  private(set) var columns: [CustomerColumn?] = []
  private let cells: [String]
  private let names: [String]
  private let map: ColumnMap
  private let layout: ImportLayout?
  /// Ignored columns: those that only exports have, those unknown to the layout (`strange`), and
  /// those that the layout ignores (`leftOut`).
  private var ignored: [String] = []
  private var strange: [String] = []
  private var leftOut: [String] = []
  /// Unknown columns, as spelled in the file and in lower case.
  private var unknown: [(cell: String, name: String)] = []
  /// Number of columns without a name.
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
            ? "the header has the column \(name) twice; expected one"
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
    add("ignored by the preset", leftOut)
    add("unknown to the preset and ignored", strange, "; --map 'NAME=column' imports one")
    if let remark = ImportHeader.remark(nameless: nameless) { remarks.append(remark) }
    return remarks
  }

  /// Returns the column with this name in exports, or nil after noting why it is not imported.
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
      "--map \(SafeText.line(cell))=\(SafeText.line(target)): an import has no column of that "
        + "name"
        + (near.isEmpty
          ? "; `patron customers import --template` prints the columns"
          : "; did you mean \(near.joined(separator: " or "))?")
    )
  }

  /// Assigns the columns of the layout. If several cells are the same column, the first in the
  /// layout's order is used. The map takes precedence.
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

  /// Returns true for columns that an import accepts: all writable ones, and the suppression flag,
  /// because ignoring it could send unwanted messages.
  private static func isTaken(_ column: CustomerColumn) -> Bool {
    if case .suppression(_, .isSuppressed) = column { return true }
    return column.isWritable
  }

  /// Number of unknown columns that are named. A file that is not a table may have thousands.
  private static let maxNamedColumns = 100

  /// An error that names the unknown columns, with suggestions.
  private var refusal: LocalError {
    var list = unknown.prefix(Self.maxNamedColumns).map { cell, name in
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
    text += ". Map it with --map '\(first)=\(likely)', or ignore it with --map '\(first)='"
    if let preset = ImportPreset.likely(names) {
      text += "; it looks like an export of \(preset.title): try --preset \(preset.rawValue)"
    }
    return LocalError(text)
  }
}

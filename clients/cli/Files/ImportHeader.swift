import PatronClient
import PatronModel

/// The header of a file of customers: which cell goes where.
struct ImportHeader: Sendable {
  /// A column for each cell; nil for those that are left out.
  let columns: [CustomerColumn?]
  /// Names of columns that an import does not take.
  let ignored: [String]

  /// The cell that says why the row was rejected; nil in files that are no rejects.
  let reasonIndex: Int?

  /// The name of the column that a file of rejects has.
  static let reasonName = "reject_reason"
  /// The end of the reason of a row that lacked cells. The file of rejects fills it up, so that the
  /// reason has its column; while it stands there, the row is not taken for whole.
  static let incomplete = "; complete the row and empty this cell"

  /// Reads a header. Names are those of an export, without regard to case and space around them.
  init(_ cells: [String]) throws(LocalError) {
    if cells.count == 1, let separator = Self.separator(in: cells[0]) {
      throw LocalError(
        "the cells of the header are separated by \(separator); expected commas. Save the file as "
          + "CSV with commas"
      )
    }
    var columns: [CustomerColumn?] = []
    var ignored: [String] = []
    var reasonIndex: Int?
    for cell in cells {
      let name = Self.trimmed(cell).lowercased()
      if name == Self.reasonName {
        reasonIndex = columns.count
        columns.append(nil)
        continue
      }
      guard let column = CustomerColumn(name: name) else { throw Self.unknown(cell, name) }
      guard !columns.contains(column), !ignored.contains(name) else {
        throw LocalError("the header has the column \(name) twice; expected each once")
      }
      let isTaken = column.isWritable || Self.isSuppressionFlag(column)
      if !isTaken { ignored.append(name) }
      columns.append(isTaken ? column : nil)
    }
    let identifiers: [CustomerColumn] = [
      .field(.externalID), .field(.email), .field(.phoneNumber),
    ]
    guard identifiers.contains(where: { columns.contains($0) }) else {
      throw LocalError(
        "the header names no customers; expected external_id, email or phone_number among its "
          + "columns. `patron customers import --template` prints a header"
      )
    }
    self.columns = columns
    self.ignored = ignored
    self.reasonIndex = reasonIndex
  }

  /// The parts of the address that the file has columns for; nil where it has all of them, and a
  /// row is the whole address.
  var addressParts: GoogleProtobuf.FieldMask? {
    let fields: [(CustomerField, part: String)] = [
      (.address1, "address1"), (.address2, "address2"), (.city, "city"), (.company, "company"),
      (.state, "state"), (.zip, "zip"), (.provinceCode, "province_code"),
      (.countryCode, "country_code"), (.addressPhoneNumber, "phone_number"),
    ]
    let given = fields.filter { columns.contains(.field($0.0)) }
    return given.count == fields.count ? nil : .with { $0.paths = given.map(\.part) }
  }

  /// Whether an address is suppressed, without a reason: not part of what is written to be read
  /// again, but never left out, since messages would go out by mistake.
  private static func isSuppressionFlag(_ column: CustomerColumn) -> Bool {
    if case .suppression(_, .isSuppressed) = column { true } else { false }
  }

  /// What separates cells in a header that has no commas.
  private static func separator(in cell: String) -> String? {
    [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")].first { cell.contains($0.0) }?.1
  }

  private static func unknown(_ cell: String, _ name: String) -> LocalError {
    let near = CustomerColumn.nearest(to: name)
    let hint = near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"
    return LocalError(
      "the header has a column \"\(SafeText.line(String(cell.prefix(64))))\", which is unknown"
        + (hint.isEmpty ? "; `patron customers import --template` prints the columns" : hint)
    )
  }

  private static func trimmed(_ text: String) -> String {
    String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
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

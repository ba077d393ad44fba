import ArgumentParser
import PatronClient
import PatronModel

/// A column of a file of suppressed addresses.
enum SuppressionField: String, CaseIterable {
  case address, channel, reason
  case suppressedAt = "suppressed_at"
  case note

  /// Returns the column for a name, in Patron's words or those of other programs.
  init?(name: String) {
    switch name.replacing("_", with: " ").replacing("-", with: " ") {
    case "address", "email", "e mail", "email address", "phone", "phone number", "mobile":
      self = .address
    case "channel": self = .channel
    case "reason", "suppression reason", "type": self = .reason
    case "suppressed at", "date", "timestamp", "time", "suppression date", "suppressed on":
      self = .suppressedAt
    case "note", "notes", "comment": self = .note
    default: return nil
    }
  }
}

/// The header of a file of suppressed addresses.
struct SuppressionHeader: Sendable {
  /// The column of each cell; nil for ignored cells.
  let columns: [SuppressionField?]
  /// Index of the cell with the reason of a rejection; nil in files that are not rejects.
  let reasonIndex: Int?
  /// Remarks for the user about columns that are not imported.
  let remarks: [String]

  /// Columns of an export of suppressions that an import ignores.
  private static let exported: Set<String> = ["source", "customer_id", "address_hash"]

  /// Parses a header.
  init(_ cells: [String], map: ColumnMap) throws(LocalError) {
    let names = cells.map { $0.trimmingSpace().lowercased() }
    try map.check(against: names)
    var columns: [SuppressionField?] = []
    var unknown: [String] = []
    var ignored: [String] = []
    for (index, name) in names.enumerated() {
      let target = map[name] ?? name
      let field = target.isEmpty ? nil : SuppressionField(name: target)
      if let field, columns.contains(field) {
        throw LocalError(
          "two columns are \(field.rawValue); expected one. Ignore one with --map 'NAME='"
        )
      }
      columns.append(field)
      guard field == nil, !target.isEmpty, name != ImportHeader.reasonName else { continue }
      if Self.exported.contains(target) {
        ignored.append(name)
      } else {
        unknown.append("\"\(SafeText.line(String(cells[index].prefix(64))))\"")
      }
    }
    let known = SuppressionField.allCases.map(\.rawValue).joined(separator: ", ")
    guard unknown.isEmpty else {
      throw LocalError(
        "the header has unknown columns: \(unknown.joined(separator: ", ")); expected \(known). "
          + "Map them with --map 'NAME=address', or ignore them with --map 'NAME='"
      )
    }
    guard columns.contains(.address) else {
      throw LocalError("the header has no column address; expected \(known)")
    }
    self.columns = columns
    reasonIndex = names.firstIndex(of: ImportHeader.reasonName)
    let left = ignored.joined(separator: ", ")
    let exports = left.isEmpty ? nil : "note: not imported, because only exports have them: \(left)"
    let nameless = ImportHeader.remark(nameless: names.count { $0.isEmpty })
    remarks = [exports, nameless].compactMap(\.self)
  }
}

/// The converter from CSV rows to suppressions.
struct SuppressionRows: ImportMaker {
  let header: SuppressionHeader
  let text: ImportText
  let times: Times

  func item(
    _ line: ImportedLine,
    _ warnings: inout [Warning]
  ) throws(LocalError) -> SuppressionEntry {
    try read(line, &warnings)
  }

  func read(
    _ line: ImportedLine,
    _ warnings: inout [Warning]
  ) throws(LocalError) -> SuppressionEntry {
    let cells = try text.cells(
      line,
      count: header.columns.count,
      reasonIndex: header.reasonIndex
    )
    var entry = SuppressionEntry()
    var mistakes: [String] = []
    for (column, cell) in zip(header.columns, cells) {
      let cell = cell.trimmingSpace()
      guard let column, !cell.isEmpty else { continue }
      do {
        try set(column, cell, in: &entry)
      } catch {
        mistakes.append("\(column.rawValue): \(ImportRow.reason(error))")
      }
    }
    if entry.address.isEmpty, mistakes.isEmpty {
      mistakes.append("address: missing; expected an e-mail address or a phone number")
    }
    guard mistakes.isEmpty else { throw LocalError(mistakes.joined(separator: "; ")) }
    return entry
  }

  private func set(
    _ column: SuppressionField,
    _ cell: String,
    in entry: inout SuppressionEntry
  ) throws {
    switch column {
    case .address: entry.address = cell
    case .channel: entry.channel = try EnumArgument.parse(cell, as: ContactChannel.self)
    case .reason: entry.reason = try ImportRow.suppressionReason(cell)
    case .suppressedAt: entry.suppressedAt = try CellValue.time(cell, times, .last)
    case .note: entry.note = cell
    }
  }
}

struct SuppressionImportCall: ImportCall {
  /// The request without entries.
  let frame: ImportSuppressionsRequest

  var noun: String { "suppression" }

  func results(
    of items: [SuppressionEntry],
    in session: Session
  ) async throws(RPCError) -> [BatchItemResult] {
    var request = frame
    request.suppressions = items
    return try await session.client.customers
      .importSuppressions(request, options: session.call).results
  }

  func reason(_ error: RPCError, _ item: SuppressionEntry) -> String {
    let violations = error.violations.map { "\($0.field): \($0.description)" }
    return SafeText.line(
      violations.isEmpty ? error.message : violations.joined(separator: "; ")
    )
  }
}

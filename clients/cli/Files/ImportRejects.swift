import PatronClient
import PatronModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The file of rejected records: the original records, with the reason in an additional column or
/// member. A corrected file can be imported as it is. It is created with the first reject, and only
/// its owner may read it.
struct ImportRejects: ~Copyable {
  /// The format of the file.
  enum Form: Sendable {
    /// CSV with the header of the input. `reasonIndex` is the index of the reason column if the
    /// input is itself a file of rejects.
    case csv(header: ImportedLine, reasonIndex: Int?, delimiter: UInt8)
    /// One JSON object per line.
    case ndjson
  }

  let path: String
  private let form: Form
  private(set) var count = 0
  private var file: PrivateFile?
  private var seal = FileSeal()

  init(path: String, form: Form) {
    self.path = path
    self.form = form
    file = nil
  }

  mutating func add(_ line: ImportedLine, _ reason: String) throws(LocalError) {
    if file == nil {
      file = PrivateFile.create(path)
      guard file != nil else { throw failure }
      if let header { try write(header + [0x0D, 0x0A]) }
    }
    count += 1
    switch form {
    case .csv(let header, let index, let delimiter):
      try write(Self.row(line, reason, header.cells.count, index, delimiter))
    case .ndjson: try write(RejectedJSON.line(line.raw, reason))
    }
  }

  /// Flushes and closes the file, and marks it as written by this command.
  mutating func close() throws(LocalError) {
    guard let open = file else { return }
    file = nil
    guard open.flush() else { throw failure }
    seal.put(on: open.descriptor)
    guard open.close() else { throw failure }
  }

  /// Cleans up after a run without rejects, and returns a remark. A file of an earlier run with the
  /// same columns is deleted. It is kept if it was changed, because its rows may have been
  /// corrected. Files of other columns are kept too, and other files are ignored.
  func endClean() -> String? {
    guard count == 0, PrivateFile.isRegular(path), let line = PrivateFile.firstLine(path) else {
      return nil
    }
    if header.map({ line == $0 }) ?? line.starts(with: RejectedJSON.beginning) {
      guard FileSeal.isWhole(path) else {
        return
          "\(path) is from an earlier run and was changed since, so it is kept; import it under "
          + "another name, or delete it"
      }
      unlink(path)
      return "\(path) of an earlier run is deleted: this run rejected nothing"
    }
    let isRejects = String(decoding: line, as: UTF8.self).lowercased()
      .hasSuffix(ImportHeader.reasonName)
    return header != nil && isRejects ? "\(path) is from an earlier run with another file" : nil
  }

  /// The first line of the file without its line break; nil for NDJSON.
  private var header: [UInt8]? {
    guard case .csv(let header, let index, let delimiter) = form else { return nil }
    return index == nil
      ? header.raw + [delimiter] + Array(ImportHeader.reasonName.utf8) : header.raw
  }

  private static func row(
    _ line: ImportedLine,
    _ reason: String,
    _ width: Int,
    _ reasonIndex: Int?,
    _ delimiter: UInt8
  ) -> [UInt8] {
    let missing = width - line.cells.count
    let reason = Array((missing > 0 ? reason + ImportHeader.incomplete : reason).utf8)
    if reasonIndex == nil, missing == 0 {
      return line.raw + [delimiter] + row([reason], delimiter)
    }
    // Missing cells are padded. Surplus cells follow the reason.
    var cells = line.cells + Array(repeating: [], count: max(0, missing))
    if let reasonIndex {
      cells[reasonIndex] = reason
    } else {
      cells.insert(reason, at: width)
    }
    return row(cells, delimiter)
  }

  /// Joins cells into a row, without changing them: invalid bytes are kept.
  private static func row(_ cells: [[UInt8]], _ delimiter: UInt8) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    let separated = cells.map { cell -> [UInt8] in
      guard cell.contains(where: { [quote, delimiter, 0x0D, 0x0A].contains($0) }) else {
        return cell
      }
      return [quote] + cell.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
    }
    return Array(separated.joined(separator: [delimiter])) + [0x0D, 0x0A]
  }

  private mutating func write(_ line: [UInt8]) throws(LocalError) {
    guard let file, file.write(line) else { throw failure }
    seal.add(line.span)
  }

  private var failure: LocalError {
    LocalError("cannot write the rejects to \(path): \(String(cString: strerror(errno)))")
  }
}

/// Rejected NDJSON lines: the object with the reason as its first member. An import ignores that
/// member, so a corrected line can be imported again.
enum RejectedJSON {
  /// The beginning of a rejected line.
  static let beginning = Array("{\"\(ImportHeader.reasonName)\":\"".utf8)

  /// The beginning of a rejected line that was not an object, without its reason.
  static let textBeginning = Array("{\"input\":".utf8)

  static func line(_ text: [UInt8], _ reason: String) -> [UInt8] {
    let member = "\"\(ImportHeader.reasonName)\":" + JSONText.string(reason)
    let rest = original(text).drop { $0 == 0x20 || $0 == 0x09 }
    let values = Array(JSONValueSequence(Array(rest)))
    guard values.count == 1, case .success = values[0], rest.first == UInt8(ascii: "{") else {
      // A line that is not an object is embedded as a string.
      let input = JSONText.string(String(decoding: rest, as: UTF8.self))
      return Array("{\(member),\"input\":\(input)}\n".utf8)
    }
    let members = rest.dropFirst().drop { $0 == 0x20 || $0 == 0x09 }
    let comma = members.first == UInt8(ascii: "}") ? "" : ","
    return Array("{\(member)\(comma)".utf8) + members + [0x0A]
  }

  /// Returns the object without the reason that ``line(_:_:)`` added.
  static func original(_ text: [UInt8]) -> [UInt8] {
    guard text.starts(with: beginning) else { return text }
    var index = beginning.count
    while index < text.count, text[index] != UInt8(ascii: "\"") {
      index += text[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    let rest = text.dropFirst(index + 1)
    return [UInt8(ascii: "{")] + (rest.first == UInt8(ascii: ",") ? rest.dropFirst() : rest)
  }
}

import PatronClient
import PatronModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The file of rejected rows: the rows as they were, and why, in a column of its own. Once mended
/// it can be imported as it is. It is made when there is something to write.
struct CSVRejects: ~Copyable {
  let path: String
  private let header: CSVRow
  /// Where the reason stands in a file of rejects that is imported again: it stays there.
  private let reasonIndex: Int?
  private(set) var count = 0
  private var file: UnsafeMutablePointer<FILE>?

  init(path: String, header: CSVRow, reasonIndex: Int?) {
    self.path = path
    self.header = header
    self.reasonIndex = reasonIndex
    file = nil
  }

  deinit {
    if let file { fclose(file) }
  }

  mutating func add(_ row: CSVRow, _ reason: String) throws(LocalError) {
    if file == nil {
      file = fopen(path, "we")
      guard file != nil else { throw failure }
      let name = reasonIndex == nil ? "," + ImportHeader.reasonName : ""
      try write(header.raw + Array("\(name)\r\n".utf8))
    }
    count += 1
    let missing = header.cells.count - row.cells.count
    let reason = missing > 0 ? reason + ImportHeader.incomplete : reason
    if reasonIndex == nil, missing == 0 {
      return try write(row.raw + Array(("," + CSVText.line([reason])).utf8))
    }
    // Cells that are missing are added, those that are too many stand behind the reason.
    var cells = row.cells + Array(repeating: [], count: max(0, missing))
    if let reasonIndex {
      cells[reasonIndex] = Array(reason.utf8)
    } else {
      cells.insert(Array(reason.utf8), at: header.cells.count)
    }
    try write(Self.line(cells))
  }

  /// Writes what is buffered.
  mutating func close() throws(LocalError) {
    guard let open = file else { return }
    file = nil
    guard fclose(open) == 0 else { throw failure }
  }

  private func write(_ line: [UInt8]) throws(LocalError) {
    guard fwrite(line, 1, line.count, file) == line.count else { throw failure }
  }

  /// A row of cells as they were, with what makes them no text: mending is not done here.
  private static func line(_ cells: [[UInt8]]) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    let separated = cells.map { cell -> [UInt8] in
      guard cell.contains(where: { [quote, UInt8(ascii: ","), 0x0D, 0x0A].contains($0) }) else {
        return cell
      }
      return [quote] + cell.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
    }
    return Array(separated.joined(separator: [UInt8(ascii: ",")])) + [0x0D, 0x0A]
  }

  private var failure: LocalError {
    LocalError("cannot write the rejects to \(path): \(String(cString: strerror(errno)))")
  }
}

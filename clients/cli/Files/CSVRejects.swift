import PatronClient
import PatronModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The file of rejected rows: the rows as they were, and why. Once mended it can be imported as it
/// is. It is made when there is something to write.
struct CSVRejects: ~Copyable {
  let path: String
  private let header: CSVRow
  private(set) var count = 0
  private var file: UnsafeMutablePointer<FILE>?

  init(path: String, header: CSVRow) {
    self.path = path
    self.header = header
    file = nil
  }

  deinit {
    if let file { fclose(file) }
  }

  mutating func add(_ row: CSVRow, _ reason: String) throws(LocalError) {
    if file == nil {
      file = fopen(path, "we")
      guard file != nil else { throw failure }
      try write(header, reasonIndex == nil ? ImportHeader.reasonName : nil)
    }
    count += 1
    // A file of rejects that is imported again has the column already: it stays, and is filled. In
    // a row with too many cells the old reason is the last one.
    if let reasonIndex {
      var cells = row.cells.map { String(decoding: $0, as: UTF8.self) }
      let missing = max(0, header.cells.count - cells.count)
      cells += Array(repeating: "", count: missing)
      let isLast = reasonIndex == header.cells.count - 1
      cells[isLast ? cells.count - 1 : reasonIndex] = reason
      return try write(Array(Self.unescapedLine(cells).utf8))
    }
    try write(row, reason)
  }

  /// Writes what is buffered.
  mutating func close() throws(LocalError) {
    guard let open = file else { return }
    file = nil
    guard fclose(open) == 0 else { throw failure }
  }

  private var reasonIndex: Int? {
    header.cells.firstIndex { $0 == Array(ImportHeader.reasonName.utf8) }
  }

  private func write(_ row: CSVRow, _ reason: String?) throws(LocalError) {
    var line = row.raw
    if let reason {
      // The reason stands in its column also where cells are missing.
      let missing = max(0, header.cells.count - row.cells.count)
      line += Array(repeating: UInt8(ascii: ","), count: missing)
      line += Array(("," + Self.cell(reason)).utf8)
    }
    try write(line + [0x0D, 0x0A])
  }

  private func write(_ line: [UInt8]) throws(LocalError) {
    guard fwrite(line, 1, line.count, file) == line.count else { throw failure }
  }

  /// A row of cells that are marked already where they have to be.
  private static func unescapedLine(_ cells: [String]) -> String {
    var csv = CSVWriter(safety: .off)
    for cell in cells { try? csv.cell(cell) }
    csv.endRow()
    return String(decoding: csv.take(), as: UTF8.self)
  }

  private static func cell(_ text: String) -> String {
    String(CSVText.line([text]).dropLast())
  }

  private var failure: LocalError {
    LocalError("cannot write the rejects to \(path): \(String(cString: strerror(errno)))")
  }
}

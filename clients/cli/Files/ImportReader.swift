import PatronClient
import PatronModel

/// One call's worth of rows.
struct ImportBatch: Sendable {
  var rows: [CSVRow] = []
  var items: [ImportItem] = []
  /// Rows that are no customers, and why.
  var rejects: [(row: CSVRow, reason: String)] = []
  /// Bytes of the file up to the end of this batch.
  var bytesRead = 0
}

/// Reads a CSV file of customers in batches.
struct ImportReader: ~Copyable {
  /// The columns.
  let header: ImportHeader
  /// The header as it stands in the file.
  let headerRow: CSVRow
  private let file: InputFile
  private let isUnescaped: Bool
  private let largestCount: Int
  private var parser: CSVParser
  private let times: Times
  /// A row that did not fit the last batch.
  private var held: CSVRow?

  private static let chunk = 256 << 10

  /// Reads the header. `isUnescaped` takes cells as they stand.
  init(
    _ file: consuming InputFile,
    isUnescaped: Bool,
    count: Int,
    _ times: Times
  ) throws(LocalError) {
    var parser = CSVParser()
    guard let row = try Self.row(&parser, file) else {
      throw LocalError("\(file.name) is empty; expected a header and rows of CSV")
    }
    var names: [String] = []
    for cell in row.cells {
      guard let name = String(validating: cell, as: UTF8.self) else {
        throw LocalError("\(file.name), line \(row.line): the header is no UTF-8")
      }
      names.append(name)
    }
    header = try ImportHeader(names)
    headerRow = row
    self.file = file
    self.isUnescaped = isUnescaped
    largestCount = count
    self.times = times
    self.parser = parser
    held = nil
  }

  /// Bytes of the input, where that is known.
  var size: Int? { file.size }

  /// The next batch, or nil at the end of the input.
  mutating func next() throws(LocalError) -> ImportBatch? {
    var batch = ImportBatch()
    var size = 1000
    if let row = held {
      held = nil
      let item = try item(row)
      batch.rows.append(row)
      batch.items.append(item)
      size += try Self.size(of: item)
    }
    while batch.rows.count < largestCount, batch.rejects.count < 1000 {
      guard let row = try Self.row(&parser, file) else { break }
      do throws(LocalError) {
        let item = try item(row)
        let itemSize = try Self.size(of: item)
        guard size + itemSize <= BatchAssembler.largestRequest else {
          held = row
          break
        }
        size += itemSize
        batch.rows.append(row)
        batch.items.append(item)
      } catch {
        batch.rejects.append((row, error.description))
      }
    }
    batch.bytesRead = parser.bytesRead
    return batch.rows.isEmpty && batch.rejects.isEmpty ? nil : batch
  }

  /// The same rows again, with times in the zone that is known by now.
  func remade(_ batch: ImportBatch) throws(LocalError) -> ImportBatch {
    var batch = batch
    for index in batch.rows.indices { batch.items[index] = try item(batch.rows[index]) }
    return batch
  }

  private func item(_ row: CSVRow) throws(LocalError) -> ImportItem {
    var cells: [String] = []
    for cell in row.cells {
      let escape = isUnescaped ? 0 : CSVSafety.escapeCount(cell)
      guard let text = String(validating: cell.dropFirst(escape), as: UTF8.self) else {
        throw LocalError("the row is no UTF-8; save the file as UTF-8")
      }
      cells.append(text)
    }
    return try ImportRow.item(header, cells, times)
  }

  private static func size(of item: ImportItem) throws(LocalError) -> Int {
    guard let size = try? item.encoded().count else { throw LocalError("the row has a NUL") }
    guard size + 2000 <= BatchAssembler.largestRequest else {
      throw LocalError("the row is too large for a request")
    }
    return size + 8
  }

  private static func row(
    _ parser: inout CSVParser,
    _ file: borrowing InputFile
  ) throws(LocalError) -> CSVRow? {
    do throws(CSVError) {
      if let row = try parser.next() { return row }
    } catch {
      throw LocalError("\(file.name), \(error)")
    }
    while true {
      var bytes: [UInt8] = []
      let hasMore = try file.read(chunk, to: &bytes)
      if hasMore { parser.add(bytes) } else { parser.finish() }
      do throws(CSVError) {
        if let row = try parser.next() { return row }
      } catch {
        throw LocalError("\(file.name), \(error)")
      }
      if !hasMore { return nil }
    }
  }
}

internal import ProtoWire

/// An incremental parser of strict CSV (RFC 4180): cells with quotes, commas and line breaks inside
/// quotes, rows that end with LF or CR LF, a byte order mark at the beginning. Another delimiter
/// may replace the comma. Empty lines are skipped. A syntax error carries its line, and ends the
/// parsing.
///
///     parser.add(bytes)
///     while let row = try parser.next() { ... }
///     // ... at the end of the file:
///     parser.finish()
///     while let row = try parser.next() { ... }
package struct CSVParser: Sendable {
  private let limits: CSVLimits
  private let delimiter: UInt8
  private var buffer: [UInt8] = []
  private var start = 0
  private var line = 1
  private var isAtEnd = false
  private var sawBeginning = false

  /// Makes a parser of one file. `delimiter` separates cells.
  package init(limits: CSVLimits = CSVLimits(), delimiter: UInt8 = UInt8(ascii: ",")) {
    self.limits = limits
    self.delimiter = delimiter
  }

  /// Bytes of the file that were parsed into rows.
  package private(set) var bytesRead = 0

  /// Adds the next bytes of the file.
  package mutating func add(_ bytes: some Collection<UInt8>) {
    buffer.removeFirst(start)
    start = 0
    buffer.append(contentsOf: bytes)
  }

  /// Marks the end of the file.
  package mutating func finish() { isAtEnd = true }

  /// Returns the next row, or nil if more bytes are needed or the file has ended.
  package mutating func next() throws(CSVError) -> CSVRow? {
    guard try skipMark() else { return nil }
    while start < buffer.count {
      var scan = CSVRowScan(line: line, limits: limits, delimiter: delimiter)
      guard let length = try Self.scan(buffer, from: start, with: &scan, isAtEnd) else {
        return nil
      }
      let row = CSVRow(
        line: line,
        cells: scan.cells,
        raw: Array(buffer[start..<(start + scan.rawLength)])
      )
      start += length
      bytesRead += length
      line = scan.line
      if scan.rawLength > 0 { return row }
    }
    return nil
  }

  private static func scan(
    _ buffer: [UInt8],
    from start: Int,
    with scan: inout CSVRowScan,
    _ isAtEnd: Bool
  ) throws(CSVError) -> Int? {
    try scan.run(buffer.span.extracting(start...), isAtEnd: isAtEnd)
  }

  /// Skips a byte order mark. Returns false while too few bytes have arrived to decide.
  private mutating func skipMark() throws(CSVError) -> Bool {
    if sawBeginning { return true }
    guard buffer.count >= 3 || isAtEnd else { return false }
    sawBeginning = true
    if buffer.starts(with: [0xFF, 0xFE]) || buffer.starts(with: [0xFE, 0xFF]) {
      throw CSVError(line: 1, problem: .utf16)
    }
    if buffer.starts(with: CSVWriter.byteOrderMark) {
      start = 3
      bytesRead = 3
    }
    return true
  }
}

/// A pass over a single row.
private struct CSVRowScan {
  /// The current line; after the row, the line behind it.
  var line: Int
  var cells: [[UInt8]] = []
  /// The length of the row without its line break, in bytes.
  var rawLength = 0
  private let limits: CSVLimits
  private let delimiter: UInt8
  private let firstLine: Int

  init(line: Int, limits: CSVLimits, delimiter: UInt8) {
    self.line = line
    self.limits = limits
    self.delimiter = delimiter
    firstLine = line
  }

  /// Reads a row from the beginning of `bytes`. Returns its length with the line break, or nil if
  /// it may continue beyond the bytes.
  mutating func run(
    _ bytes: Span<UInt8>,
    isAtEnd: Bool
  ) throws(CSVError) -> Int? {
    var index = 0
    while true {
      guard let end = try cell(bytes, at: index, isAtEnd) else {
        guard bytes.count <= limits.rowBytes else { throw tooLong }
        return nil
      }
      guard cells.count <= limits.cells else {
        throw CSVError(line: firstLine, problem: .tooManyCells(limit: limits.cells))
      }
      guard end <= limits.rowBytes else { throw tooLong }
      if end == bytes.count {
        rawLength = end
        return end
      }
      if bytes[end] != delimiter {
        rawLength = end
        line += 1
        return end + (bytes[end] == UInt8(ascii: "\r") ? 2 : 1)
      }
      index = end + 1
    }
  }

  private var tooLong: CSVError {
    CSVError(line: firstLine, problem: .rowTooLong(limit: limits.rowBytes))
  }

  /// Reads a cell. Returns its end, at a delimiter, a line break or the end of the file, or nil if
  /// it may continue beyond the bytes.
  private mutating func cell(
    _ bytes: Span<UInt8>,
    at start: Int,
    _ isAtEnd: Bool
  ) throws(CSVError) -> Int? {
    if start < bytes.count, bytes[start] == UInt8(ascii: "\"") {
      return try quoted(bytes, at: start + 1, isAtEnd)
    }
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") { throw CSVError(line: line, problem: .quoteInPlainCell) }
      if byte == 0 { throw CSVError(line: line, problem: .nul) }
      if try isEnd(bytes, index, isAtEnd) {
        guard byte != UInt8(ascii: "\r") || index + 1 < bytes.count else { return nil }
        break
      }
      index += 1
    }
    guard index < bytes.count || isAtEnd else { return nil }
    cells.append([UInt8](copying: bytes.extracting(start..<index).bytes))
    return index
  }

  private mutating func quoted(
    _ bytes: Span<UInt8>,
    at start: Int,
    _ isAtEnd: Bool
  ) throws(CSVError) -> Int? {
    let opened = line
    var text: [UInt8] = []
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == 0 { throw CSVError(line: line, problem: .nul) }
      if byte == UInt8(ascii: "\n") { line += 1 }
      guard byte == UInt8(ascii: "\"") else {
        text.append(byte)
        continue
      }
      if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
        text.append(byte)
        index += 1
        continue
      }
      if index == bytes.count {
        guard isAtEnd else { return nil }
      } else if try !isEnd(bytes, index, isAtEnd) {
        throw CSVError(line: line, problem: .textAfterQuote)
      } else if bytes[index] == UInt8(ascii: "\r"), index + 1 == bytes.count {
        return nil
      }
      cells.append(text)
      return index
    }
    guard isAtEnd else { return nil }
    throw CSVError(line: opened, problem: .quoteNotClosed)
  }

  /// Returns true if a cell ends at `index`. A carriage return as the last available byte counts as
  /// an end, because the next byte is not known yet.
  private func isEnd(
    _ bytes: Span<UInt8>,
    _ index: Int,
    _ isAtEnd: Bool
  ) throws(CSVError) -> Bool {
    switch bytes[index] {
    case delimiter, UInt8(ascii: "\n"): return true
    case UInt8(ascii: "\r"):
      if index + 1 < bytes.count ? bytes[index + 1] != UInt8(ascii: "\n") : isAtEnd {
        throw CSVError(line: line, problem: .bareCarriageReturn)
      }
      return true
    default: return false
    }
  }
}

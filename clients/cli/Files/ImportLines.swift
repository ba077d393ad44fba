import PatronClient
import PatronModel

/// One record of a file, as it is written there.
struct ImportedLine: Sendable {
  /// Number of the record's first line, counted from 1.
  var number: Int
  /// The cells of a CSV row, unquoted; empty for NDJSON.
  var cells: [[UInt8]]
  /// The bytes of the record, without its line break.
  var raw: [UInt8]
}

/// A reader of the records of an import file.
struct ImportLines: ~Copyable {
  let form: ImportForm
  /// True for JSON that is not NDJSON: an array, or an object over several lines.
  let isDocument: Bool
  private var parser: CSVParser
  private var reader: LineReader

  private static let chunk = 256 << 10

  /// Opens a reader. The format is detected from the beginning of the file.
  init(_ file: consuming InputFile, delimiter: UInt8?) throws(LocalError) {
    var beginning: [UInt8] = []
    while !ImportForm.isEnough(beginning), try file.read(Self.chunk, to: &beginning) {}
    form = try ImportForm(of: beginning, delimiter: delimiter, name: file.name)
    isDocument = form == .ndjson && ImportForm.isDocument(beginning)
    switch form {
    case .csv(let delimiter):
      parser = CSVParser(delimiter: delimiter)
      parser.add(beginning)
      reader = LineReader(file)
    case .ndjson:
      parser = CSVParser()
      reader = LineReader(file, beginning: Array(ImportForm.withoutMark(beginning)))
    }
  }

  /// The name of the file in messages.
  var name: String { reader.file.name }
  /// Size of the file in bytes, or nil if it is not a regular file.
  var size: Int? { reader.file.size }

  /// Bytes up to the end of the last record returned.
  var bytesRead: Int { form == .ndjson ? reader.bytesRead : parser.bytesRead }

  /// Refuses a path for rejects that is this file.
  func refuse(asRejects path: String) throws(LocalError) {
    try reader.file.refuse(asRejects: path)
  }

  /// Returns the header of a CSV file.
  mutating func header() throws(LocalError) -> ImportedLine {
    guard let line = try next() else {
      throw LocalError("\(name) is empty; expected a header and rows of CSV")
    }
    // Some spreadsheets name the separator in an extra first line.
    guard line.raw.starts(with: ImportForm.separatorLine) else { return line }
    guard let header = try next() else {
      throw LocalError(
        "\(name) has no header after the line sep=; expected a header and rows of CSV"
      )
    }
    return header
  }

  /// Returns the next record, or nil at the end of the file.
  mutating func next() throws(LocalError) -> ImportedLine? {
    switch form {
    case .csv: return try nextRow()
    case .ndjson:
      while let line = try reader.next() {
        let text = Array(line)
        guard !text.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { continue }
        return ImportedLine(number: reader.lineNumber, cells: [], raw: text)
      }
      return nil
    }
  }

  private mutating func nextRow() throws(LocalError) -> ImportedLine? {
    if let row = try parsed() { return row }
    while true {
      var bytes: [UInt8] = []
      let hasMore = try reader.file.read(Self.chunk, to: &bytes)
      if hasMore { parser.add(bytes) } else { parser.finish() }
      if let row = try parsed() { return row }
      if !hasMore { return nil }
    }
  }

  private mutating func parsed() throws(LocalError) -> ImportedLine? {
    do throws(CSVError) {
      return try parser.next().map { ImportedLine(number: $0.line, cells: $0.cells, raw: $0.raw) }
    } catch {
      throw LocalError("\(name), \(error)")
    }
  }
}

/// The format of an import file.
enum ImportForm: Sendable, Equatable {
  /// CSV with this byte between cells.
  case csv(delimiter: UInt8)
  /// One JSON object per line, as in exports.
  case ndjson

  /// The beginning of an extra first line that names the separator.
  static let separatorLine = Array("sep=".utf8)

  private static let lineFeed = UInt8(ascii: "\n")
  private static let quote = UInt8(ascii: "\"")
  /// Number of bytes searched for a line break to detect the format.
  private static let maxHeaderBytes = 1 << 20

  /// Detects the format from the beginning of a file. The separator is the one of comma, semicolon
  /// and tab that the header has outside quotes, else a vertical bar, else a comma.
  init(of beginning: [UInt8], delimiter: UInt8?, name: String) throws(LocalError) {
    let text = Self.withoutMark(beginning)
    if let delimiter {
      self = .csv(delimiter: delimiter)
      return
    }
    if Self.significant(text).first == UInt8(ascii: "{") || Self.isDocument(beginning) {
      self = .ndjson
      return
    }
    let header = Self.header(text)
    if header.starts(with: Self.separatorLine), header.count == 5, let last = header.last {
      self = .csv(delimiter: last)
      return
    }
    let plain = Self.outsideQuotes(header)
    let found = Self.usual.filter { plain.contains($0.byte) }
    guard found.count < 2 else {
      throw LocalError(
        "\(name): the header has \(found.map(\.name).joined(separator: " and ")) outside quotes; "
          + "select the separator with --delimiter"
      )
    }
    let bar = UInt8(ascii: "|")
    self = .csv(
      delimiter: found.first?.byte ?? (plain.contains(bar) ? bar : UInt8(ascii: ","))
    )
  }

  private static let usual: [(byte: UInt8, name: String)] = [
    (UInt8(ascii: ","), "commas"), (UInt8(ascii: ";"), "semicolons"), (UInt8(ascii: "\t"), "tabs"),
  ]

  /// Returns true if the beginning of a file is long enough to detect its format.
  static func isEnough(_ beginning: [UInt8]) -> Bool {
    beginning.count >= maxHeaderBytes || header(withoutMark(beginning)).count < beginning.count - 3
  }

  /// Returns true if a file begins like JSON that is not NDJSON: with an array of objects, or with
  /// a bracket alone on its line.
  static func isDocument(_ beginning: [UInt8]) -> Bool {
    let text = withoutMark(beginning)
    let rest = significant(text)
    guard let first = rest.first, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
      return false
    }
    let inner = significant(rest.dropFirst())
    if first == UInt8(ascii: "["), inner.first == UInt8(ascii: "{") { return true }
    let line = rest.prefix { $0 != lineFeed }
    return line.count < rest.count && significant(line.dropFirst()).isEmpty
  }

  /// Returns the bytes from the first one that is not white space.
  private static func significant(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    text.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == lineFeed }
  }

  static func withoutMark(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
  }

  /// Returns the first line that is not empty. Quoted line breaks are part of it.
  private static func header(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let rest = text.drop { $0 == 0x0D || $0 == lineFeed }
    var isQuoted = false
    for index in rest.indices {
      if rest[index] == quote { isQuoted.toggle() }
      guard !isQuoted, rest[index] == lineFeed else { continue }
      let line = rest[..<index]
      return line.last == 0x0D ? line.dropLast() : line
    }
    return rest
  }

  private static func outsideQuotes(_ line: ArraySlice<UInt8>) -> [UInt8] {
    var isQuoted = false
    return line.filter { byte in
      if byte == quote { isQuoted.toggle() }
      return !isQuoted
    }
  }
}

/// The separator of cells, as users type it.
enum DelimiterArgument {
  static func parse(_ text: String) -> UInt8? {
    switch text.lowercased() {
    case "tab", "\\t", "\t": return UInt8(ascii: "\t")
    case "comma": return UInt8(ascii: ",")
    case "semicolon": return UInt8(ascii: ";")
    default:
      guard text.utf8.count == 1, let byte = text.utf8.first, (0x21...0x7E).contains(byte),
        byte != UInt8(ascii: "\""), !Character(Unicode.Scalar(byte)).isLetter,
        !Character(Unicode.Scalar(byte)).isNumber
      else { return nil }
      return byte
    }
  }
}

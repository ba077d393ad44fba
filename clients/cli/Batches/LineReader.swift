import ProtoWire

/// A reader of text files, line by line.
struct LineReader: ~Copyable {
  let file: InputFile
  /// Number of the last line returned, counted from 1.
  private(set) var lineNumber = 0
  /// Bytes up to the end of the last line returned.
  private(set) var bytesRead = 0
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false

  private static let chunk = 256 << 10
  /// Limit for a line in bytes. A longer line could not be sent anyway.
  static let maxLineBytes = 16 << 20

  /// Creates a reader for a file whose first bytes, `beginning`, were already read.
  init(_ file: consuming InputFile, beginning: [UInt8] = []) {
    self.file = file
    buffer = beginning
  }

  /// Returns the next line without its line break, or nil at the end.
  mutating func next() throws(LocalError) -> ArraySlice<UInt8>? {
    var searched = start
    while true {
      if let end = newline(from: searched) { return line(upTo: end, breakLength: 1) }
      searched = buffer.count
      if isAtEnd { return start < buffer.count ? line(upTo: buffer.count, breakLength: 0) : nil }
      guard buffer.count - start <= Self.maxLineBytes else {
        throw LocalError(
          "\(file.name), line \(lineNumber + 1): the line is longer than 16 MiB; "
            + "expected NDJSON, one record per line"
        )
      }
      searched -= start
      buffer.removeFirst(start)
      start = 0
      isAtEnd = try !file.read(Self.chunk, to: &buffer)
    }
  }

  private mutating func line(upTo end: Int, breakLength: Int) -> ArraySlice<UInt8> {
    let slice = buffer[start..<end]
    start = end + breakLength
    lineNumber += 1
    bytesRead += slice.count + breakLength
    return slice.last == UInt8(ascii: "\r") ? slice.dropLast() : slice
  }

  private func newline(from index: Int) -> Int? {
    buffer.span.bytes.firstOffset(of: 0x0A, from: index)
  }
}

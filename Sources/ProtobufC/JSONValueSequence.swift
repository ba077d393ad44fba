/// JSON values that follow each other in one text, as on standard input: `{...} {...}`.
public struct JSONValueSequence: Sequence, IteratorProtocol {
  private let text: [UInt8]
  private var position: Int
  private var hasFailed = false

  /// Creates the sequence of the values of `text`, with space or nothing between them.
  public init(_ text: [UInt8]) {
    self.text = text
    position = text.withUnsafeBufferPointer { JSONScanner($0).position }
  }

  /// Returns the text of the next value, checked as JSON, or nil at the end. Returns nil after an
  /// error.
  public mutating func next() -> Result<ArraySlice<UInt8>, JSONError>? {
    if hasFailed { return nil }
    let found = text.withUnsafeBufferPointer { buffer -> Result<Range<Int>?, JSONError> in
      var scanner = JSONScanner(buffer)
      scanner.position = position
      scanner.skipSpace()
      guard scanner.position < buffer.count else { return .success(nil) }
      let start = scanner.position
      do throws(JSONError) {
        try scanner.skipValue(depth: 0)
        return .success(start..<scanner.position)
      } catch {
        return .failure(error)
      }
    }
    switch found {
    case .success(nil): return nil
    case .success(let range?):
      position = range.upperBound
      return .success(text[range])
    case .failure(let error):
      hasFailed = true
      return .failure(error)
    }
  }
}

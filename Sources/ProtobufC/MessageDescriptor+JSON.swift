/// JSON for any message type by its descriptor: the proto3 JSON mapping.
///
/// Names are lower camel case, and read in the proto file's spelling too; 64-bit integers are
/// strings, and read as numbers too; null is the same as absent. Reading is strict: a field that is
/// unknown, given twice, or one of two members of a oneof is an error with line and column. The
/// messages of `google.protobuf` have their own forms, except for `Struct`, `Value` and
/// `ListValue`, which are treated as ordinary messages. libprotobuf-c takes -0.0 for 0 where a
/// field has no presence.
extension MessageDescriptor {
  /// Reads the text, which must be one message, into a C struct in `arena`. The struct is valid
  /// until the arena is reset.
  public func readJSON(
    _ text: UnsafeBufferPointer<UInt8>,
    options: JSONReadOptions = JSONReadOptions(),
    in arena: borrowing Arena
  ) throws(JSONError) -> UnsafeMutableRawPointer {
    var reader = JSONReader(text, options)
    return try reader.document(self, in: arena)
  }

  /// Reads the text, which must be one message, and encodes it.
  public func packJSON(_ text: [UInt8], options: JSONReadOptions = JSONReadOptions())
    throws(JSONError) -> [UInt8]
  {
    let arena = Arena()
    let message = try text.withUnsafeBufferPointer { buffer throws(JSONError) in
      try readJSON(buffer, options: options, in: arena)
    }
    do throws(CodecError) {
      let packed = [UInt8](try pack(message, in: arena))
      withExtendedLifetime(arena) {}
      return packed
    } catch {
      throw JSONError(message: "\(error)")
    }
  }

  /// Returns the C struct at `message` as JSON text in UTF-8, without a line break at the end.
  public func writeJSON(
    _ message: UnsafeRawPointer,
    options: JSONWriteOptions = JSONWriteOptions()
  ) throws(JSONError) -> [UInt8] {
    var writer = JSONWriter(options)
    try writer.message(self, message)
    return writer.output
  }

  /// Returns an encoded message as JSON text in UTF-8.
  public func writeJSON(packed bytes: [UInt8], options: JSONWriteOptions = JSONWriteOptions())
    throws(JSONError) -> [UInt8]
  {
    var text: [UInt8] = []
    try appendJSON(packed: bytes, options: options, in: Arena(), to: &text)
    return text
  }

  /// Appends an encoded message as JSON text in UTF-8. Resets `arena` first; keep one arena for
  /// many messages. After an error, a part of the text may have been appended.
  public func appendJSON(
    packed bytes: [UInt8],
    options: JSONWriteOptions = JSONWriteOptions(),
    in arena: borrowing Arena,
    to text: inout [UInt8]
  ) throws(JSONError) {
    arena.reset(limit: Arena.decodingLimit(payload: bytes.count))
    let message: UnsafeMutableRawPointer
    do throws(CodecError) {
      message = try bytes.withUnsafeBufferPointer { buffer throws(CodecError) in
        try unpack(UnsafeRawBufferPointer(buffer), in: arena)
      }
    } catch {
      throw JSONError(message: "not a \(name): \(error)")
    }
    var writer = JSONWriter(options)
    swap(&writer.output, &text)
    defer { swap(&writer.output, &text) }
    try writer.message(self, message)
  }
}

extension Message {
  /// Reads the text, UTF-8, which must be one message.
  public init(json text: [UInt8], options: JSONReadOptions = JSONReadOptions()) throws(JSONError) {
    let arena = Arena()
    let source = try text.withUnsafeBufferPointer { buffer throws(JSONError) in
      try Self.descriptor.readJSON(buffer, options: options, in: arena)
    }
    self.init(fromC: source)
    withExtendedLifetime(arena) {}
  }

  /// Reads the text, which must be one message.
  public init(json text: String, options: JSONReadOptions = JSONReadOptions()) throws(JSONError) {
    try self.init(json: Array(text.utf8), options: options)
  }

  /// Returns the message as JSON text. Throws for values without a JSON form, such as a timestamp
  /// outside the years 1 to 9999, and for strings with U+0000.
  public func json(_ options: JSONWriteOptions = JSONWriteOptions()) throws(JSONError) -> String {
    let arena = Arena()
    let target: UnsafeMutableRawPointer
    do throws(CodecError) {
      target = try Self.descriptor.makeStruct(in: arena)
      try fillC(target, in: arena)
    } catch {
      throw JSONError(message: "\(error)")
    }
    let text = try Self.descriptor.writeJSON(target, options: options)
    withExtendedLifetime(arena) {}
    return String(decoding: text, as: UTF8.self)
  }
}

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

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

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

import ProtobufC

/// A reader of encoded messages that does not use any library.
enum WireFields {
  /// One field of a message.
  struct Field {
    var number: UInt64
    var type: UInt64
    /// The content of a length-delimited field.
    var bytes: [UInt8]
  }

  struct Malformed: Error {}

  /// Returns the fields of a message in their order on the wire.
  static func read(_ bytes: [UInt8]) throws -> [Field] {
    var fields: [Field] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let tag = try varint(&rest)
      var field = Field(number: tag >> 3, type: tag & 7, bytes: [])
      switch field.type {
      case 0: _ = try varint(&rest)
      case 1: field.bytes = try take(8, &rest)
      case 2: field.bytes = try take(Int(try varint(&rest)), &rest)
      case 5: field.bytes = try take(4, &rest)
      default: throw Malformed()
      }
      fields.append(field)
    }
    return fields
  }

  private static func take(_ count: Int, _ rest: inout ArraySlice<UInt8>) throws -> [UInt8] {
    guard count >= 0, count <= rest.count else { throw Malformed() }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  private static func varint(_ rest: inout ArraySlice<UInt8>) throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst() else { throw Malformed() }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    throw Malformed()
  }

  /// Returns the numbers of fields that occur twice although they are not repeated, as paths such
  /// as `1.13`. Sub-messages are included.
  static func repeated(
    in bytes: [UInt8],
    _ type: MessageDescriptor,
    path: String = ""
  ) throws -> [String] {
    var found: [String] = []
    var seen: Set<UInt64> = []
    for field in try read(bytes) {
      let name = path.isEmpty ? "\(field.number)" : "\(path).\(field.number)"
      guard let known = type.fields.first(where: { UInt64($0.number) == field.number }) else {
        found.append("\(name) is unknown")
        continue
      }
      if !known.isRepeated, !seen.insert(field.number).inserted { found.append(name) }
      if let inner = known.message, field.type == 2 {
        found += try repeated(in: field.bytes, inner, path: name)
      }
    }
    return found
  }
}

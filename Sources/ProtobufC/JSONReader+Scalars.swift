internal import CProtobufC
internal import ProtoWire

extension JSONReader {
  /// Reads a value that is not a message into `slot`.
  mutating func scalar(
    _ field: FieldDescriptor,
    at slot: UnsafeMutableRawPointer,
    in arena: borrowing Arena
  ) throws(JSONError) {
    switch field.type {
    case .string:
      try scanner.expect(.string, for: "a string")
      try store(try scanner.string(), at: slot, in: arena)
    case .bytes: try bytes(at: slot, in: arena)
    case .bool:
      try scanner.expect(.bool, for: "true or false")
      slot.storeBytes(of: try scanner.bool() ? 1 : 0, as: Int32.self)
    case .enumeration: try enumValue(field, at: slot)
    case .float, .double: try floatingPoint(field.type, at: slot)
    case .message: throw scanner.error("expected a value that is no message")
    default: try integer(field.type, at: slot)
    }
  }

  /// Copies a string into the arena, with its terminator.
  func store(
    _ token: JSONScanner.StringToken,
    at slot: UnsafeMutableRawPointer,
    in arena: borrowing Arena
  ) throws(JSONError) {
    let memory = try memory(token.end - token.start + 1, in: arena)
    let count = scanner.copy(token, to: memory.assumingMemoryBound(to: UInt8.self))
    memory.storeBytes(of: 0, toByteOffset: count, as: UInt8.self)
    slot.storeBytes(of: memory, as: UnsafeMutableRawPointer.self)
  }

  private mutating func bytes(at slot: UnsafeMutableRawPointer, in arena: borrowing Arena)
    throws(JSONError)
  {
    try scanner.expect(.string, for: "bytes as a string in base64")
    let start = scanner.position
    let token = try scanner.string()
    guard let decoded = Base64.decode(scanner.text(token)) else {
      throw scanner.error("the string is not base64", at: start)
    }
    let memory = try memory(decoded.count, in: arena)
    decoded.withUnsafeBytes { source in
      if let base = source.baseAddress { memory.copyMemory(from: base, byteCount: source.count) }
    }
    let data = ProtobufCBinaryData(
      len: decoded.count,
      data: memory.assumingMemoryBound(to: UInt8.self)
    )
    slot.storeBytes(of: data, as: ProtobufCBinaryData.self)
  }

  // MARK: numbers

  private mutating func integer(_ type: FieldType, at slot: UnsafeMutableRawPointer)
    throws(JSONError)
  {
    let kind = try scanner.kind()
    let start = scanner.position
    guard let range = try numberText(kind) else {
      throw scanner.error("expected an \(type), found \(kind.rawValue)", at: start)
    }
    guard storeInteger(type, range, at: slot) else {
      throw scanner.error(
        "expected an \(type) of \(Self.bounds(type)), found \(scanner.excerpt(range))",
        at: start
      )
    }
  }

  /// Returns the range of a number, or of a string that holds only a number. Returns nil for a
  /// value of another kind.
  private mutating func numberText(_ kind: JSONScanner.Kind) throws(JSONError) -> Range<Int>? {
    if kind == .number { return try scanner.number() }
    guard kind == .string else { return nil }
    let start = scanner.position
    let token = try scanner.string()
    guard JSONNumber.end(of: scanner.bytes, from: token.start) == token.end else {
      throw scanner.error(
        "expected a number, found \"\(scanner.excerpt(token.start..<token.end))\"",
        at: start
      )
    }
    return token.start..<token.end
  }

  /// Stores the number at `range`. Returns false if it is not an integer of the type.
  func storeInteger(_ type: FieldType, _ range: Range<Int>, at slot: UnsafeMutableRawPointer)
    -> Bool
  {
    func store<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type) -> Bool {
      guard let value = JSONNumber.integer(scanner.bytes, range, as: type) else { return false }
      slot.storeBytes(of: value, as: type)
      return true
    }
    switch type {
    case .int32, .sint32, .sfixed32: return store(Int32.self)
    case .int64, .sint64, .sfixed64: return store(Int64.self)
    case .uint32, .fixed32: return store(UInt32.self)
    default: return store(UInt64.self)
    }
  }

  private static func bounds(_ type: FieldType) -> String {
    switch type {
    case .int32, .sint32, .sfixed32: "\(Int32.min) to \(Int32.max)"
    case .int64, .sint64, .sfixed64: "\(Int64.min) to \(Int64.max)"
    case .uint32, .fixed32: "0 to \(UInt32.max)"
    default: "0 to \(UInt64.max)"
    }
  }

  private mutating func floatingPoint(_ type: FieldType, at slot: UnsafeMutableRawPointer)
    throws(JSONError)
  {
    let kind = try scanner.kind()
    let start = scanner.position
    if kind == .string, let special = try specialNumber() {
      if type == .float {
        slot.storeBytes(of: Float(special), as: Float.self)
      } else {
        slot.storeBytes(of: special, as: Double.self)
      }
      return
    }
    guard let range = try numberText(kind) else {
      throw scanner.error("expected a number, found \(kind.rawValue)", at: start)
    }
    let text = String(decoding: scanner.bytes[range], as: UTF8.self)
    if type == .float, let value = Float(text), value.isFinite {
      slot.storeBytes(of: value, as: Float.self)
    } else if type == .double, let value = Double(text), value.isFinite {
      slot.storeBytes(of: value, as: Double.self)
    } else {
      throw scanner.error("\(scanner.excerpt(range)) is too large for a \(type)", at: start)
    }
  }

  /// Reads `NaN`, `Infinity` or `-Infinity`, for which JSON has no number. Returns nil for another
  /// string and does not move the position.
  private mutating func specialNumber() throws(JSONError) -> Double? {
    let start = scanner.position
    switch scanner.text(try scanner.string()) {
    case "NaN": return .nan
    case "Infinity": return .infinity
    case "-Infinity": return -.infinity
    default:
      scanner.position = start
      return nil
    }
  }

  // MARK: enums

  private mutating func enumValue(_ field: FieldDescriptor, at slot: UnsafeMutableRawPointer)
    throws(JSONError)
  {
    guard let type = field.enumeration else { return }
    let kind = try scanner.kind()
    let start = scanner.position
    switch kind {
    case .number:
      let range = try scanner.number()
      guard storeInteger(.int32, range, at: slot) else {
        throw scanner.error("expected a number of \(type.name)", at: start)
      }
    case .string:
      let name = scanner.text(try scanner.string())
      guard let number = type.number(named: name) else {
        let names = type.values.map(\.name)
        let listed = names.count <= 12 ? "; the values are " + names.joined(separator: ", ") : ""
        let hint = JSONSuggestion.text(for: name, among: names)
        throw scanner.error(
          "`\(name.prefix(32))` is no value of \(type.name)" + (hint.isEmpty ? listed : hint),
          at: start
        )
      }
      slot.storeBytes(of: number, as: Int32.self)
    default:
      throw scanner.error(
        "expected a name or number of \(type.name), found \(kind.rawValue)",
        at: start
      )
    }
  }
}

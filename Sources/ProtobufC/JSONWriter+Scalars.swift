internal import CProtobufC
internal import ProtoWire

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension JSONWriter {
  /// Writes the value of the field's type at `slot`.
  mutating func value(
    _ field: FieldDescriptor,
    _ slot: UnsafeRawPointer,
    _ depth: Int
  ) throws(JSONError) {
    switch field.type {
    case .string: cString(slot.load(as: UnsafePointer<CChar>?.self))
    case .bytes:
      let data = slot.load(as: ProtobufCBinaryData.self)
      base64(UnsafeBufferPointer(start: data.data, count: data.len))
    case .bool: text(slot.load(as: Int32.self) != 0 ? "true" : "false")
    case .int32, .sint32, .sfixed32: integer(slot.load(as: Int32.self))
    case .uint32, .fixed32: integer(slot.load(as: UInt32.self))
    // Strings, because JSON readers often read numbers as doubles of 53 bits.
    case .int64, .sint64, .sfixed64: quoted { $0.integer(slot.load(as: Int64.self)) }
    case .uint64, .fixed64: quoted { $0.integer(slot.load(as: UInt64.self)) }
    case .float: number(slot.load(as: Float.self))
    case .double: number(slot.load(as: Double.self))
    case .enumeration: enumValue(field, slot.load(as: Int32.self))
    case .message:
      guard let type = field.message else { return }
      try message(type, slot.load(as: UnsafeRawPointer?.self), depth: depth + 1)
    }
  }

  mutating func text(_ text: String) { output.append(contentsOf: text.utf8) }

  private mutating func quoted(_ value: (inout JSONWriter) -> Void) {
    output.append(UInt8(ascii: "\""))
    value(&self)
    output.append(UInt8(ascii: "\""))
  }

  /// Writes an integer without making a string, because exports write many of them.
  private mutating func integer(_ value: some FixedWidthInteger) {
    if value < 0 { output.append(UInt8(ascii: "-")) }
    var rest = UInt64(value.magnitude)
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var start = 20
    repeat {
      start -= 1
      digits[start] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
      rest /= 10
    } while rest > 0
    digits.span.extracting(start..<20).withUnsafeBufferPointer { output.append(contentsOf: $0) }
  }

  private mutating func number(_ value: some BinaryFloatingPoint & CustomStringConvertible) {
    if value.isNaN {
      text("\"NaN\"")
    } else if value.isInfinite {
      text(value < 0 ? "\"-Infinity\"" : "\"Infinity\"")
    } else {
      // The shortest text that reads back as the same number. Whole numbers have no point, except
      // -0.0, which many readers would take for the integer 0.
      let description = value.description
      let isWhole = value != 0 && description.hasSuffix(".0")
      text(
        isWhole || value == 0 && value.sign == .plus ? String(description.dropLast(2)) : description
      )
    }
  }

  private mutating func enumValue(_ field: FieldDescriptor, _ number: Int32) {
    if let name = field.enumeration?.cName(of: number) {
      quoted { $0.plain(name, count: strlen(name)) }
    } else {
      integer(number)
    }
  }

  mutating func base64(_ bytes: UnsafeBufferPointer<UInt8>) {
    output.append(UInt8(ascii: "\""))
    Base64.append(bytes.span.bytes, as: .standard, to: &output)
    output.append(UInt8(ascii: "\""))
  }

  // MARK: strings

  mutating func string(_ value: String) {
    var value = value
    value.withUTF8 { utf8 in string(utf8) }
  }

  private mutating func cString(_ start: UnsafePointer<CChar>?) {
    let count = start.map(strlen) ?? 0
    string(
      UnsafeBufferPointer(
        start: UnsafeRawPointer(start)?.assumingMemoryBound(to: UInt8.self),
        count: count
      )
    )
  }

  /// Writes a string and copies runs without escapes at once: most strings need none.
  private mutating func string(_ text: UnsafeBufferPointer<UInt8>) {
    output.append(UInt8(ascii: "\""))
    var start = 0
    for index in text.indices where Self.isEscaped(text[index]) {
      output.append(contentsOf: text[start..<index])
      escape(text[index])
      start = index + 1
    }
    output.append(contentsOf: text[start...])
    output.append(UInt8(ascii: "\""))
  }

  private mutating func plain(_ text: UnsafePointer<CChar>, count: Int) {
    output.append(
      contentsOf: UnsafeRawBufferPointer(start: UnsafeRawPointer(text), count: count)
    )
  }

  @inline(__always)
  private static func isEscaped(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): text("\\\"")
    case UInt8(ascii: "\\"): text("\\\\")
    case 0x0A: text("\\n")
    case 0x0D: text("\\r")
    case 0x09: text("\\t")
    default:
      text("\\u00")
      output.append(Self.hexDigits[Int(byte >> 4)])
      output.append(Self.hexDigits[Int(byte & 15)])
    }
  }

  private static let hexDigits = Array("0123456789abcdef".utf8)

  // MARK: google.protobuf

  mutating func timestamp(_ descriptor: MessageDescriptor, _ source: UnsafeRawPointer)
    throws(JSONError)
  {
    let instant = JSONInstant(
      seconds: source.load(fromByteOffset: descriptor.field(at: 0).offset, as: Int64.self),
      nanoseconds: source.load(fromByteOffset: descriptor.field(at: 1).offset, as: Int32.self)
    )
    output.append(UInt8(ascii: "\""))
    guard JSONTime.append(instant, to: &output) else {
      throw JSONError(message: "a timestamp is outside the years 1 to 9999")
    }
    output.append(UInt8(ascii: "\""))
  }

  mutating func duration(_ descriptor: MessageDescriptor, _ source: UnsafeRawPointer)
    throws(JSONError)
  {
    let text = JSONTime.durationText(
      seconds: source.load(fromByteOffset: descriptor.field(at: 0).offset, as: Int64.self),
      nanoseconds: source.load(fromByteOffset: descriptor.field(at: 1).offset, as: Int32.self)
    )
    guard let text else {
      throw JSONError(message: "a duration is longer than 10,000 years or of two signs")
    }
    string(text)
  }

  mutating func fieldMask(_ descriptor: MessageDescriptor, _ source: UnsafeRawPointer)
    throws(JSONError)
  {
    let field = descriptor.field(at: 0)
    let count = source.load(fromByteOffset: field.quantifierOffset, as: Int.self)
    let start = source.load(
      fromByteOffset: field.offset,
      as: UnsafePointer<UnsafePointer<CChar>>?.self
    )
    var paths = [String]()
    for path in UnsafeBufferPointer(start: start, count: count) {
      guard let camel = JSONMaskPath.camel(String(cString: path)) else {
        throw JSONError(message: "a path of a field mask has no JSON form")
      }
      paths.append(camel)
    }
    string(paths.joined(separator: ","))
  }
}

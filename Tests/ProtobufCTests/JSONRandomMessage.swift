import ProtobufC
import TestKit

/// A generator of random encoded messages of any type, made from descriptors without the code under
/// test. The same seed gives the same messages.
struct JSONRandomMessage {
  var random: SeededRandom
  /// The types that an `Any` may hold.
  let types: [MessageDescriptor]

  init(seed: UInt64, types: [MessageDescriptor]) {
    random = SeededRandom(seed: seed)
    self.types = types
  }

  /// Returns a random encoded message of `type`.
  mutating func message(_ type: MessageDescriptor, depth: Int = 0) -> [UInt8] {
    switch type.name {
    case "google.protobuf.Timestamp": return timestamp()
    case "google.protobuf.Duration": return duration()
    case "google.protobuf.FieldMask": return fieldMask()
    case "google.protobuf.Any": return any(depth)
    default: return fields(type, depth)
    }
  }

  private mutating func fields(_ type: MessageDescriptor, _ depth: Int) -> [UInt8] {
    var output = [UInt8]()
    let all = type.fields
    // At most one member of each oneof: members share the offset of their case.
    var chosen = [Int: UInt32]()
    for (offset, members) in Dictionary(
      grouping: all.filter(\.isOneofMember),
      by: \.quantifierOffset
    ).sorted(by: { $0.key < $1.key }) {
      chosen[offset] = members.randomElement(using: &random)?.number
    }
    for field in all {
      if field.message != nil && depth > 3 { continue }
      if field.isOneofMember && chosen[field.quantifierOffset] != field.number { continue }
      guard Int.random(in: 0..<10, using: &random) < (depth == 0 ? 6 : 4) else { continue }
      if field.isMap {
        map(field, depth, &output)
      } else if field.isRepeated {
        for _ in 0..<Int.random(in: 1...3, using: &random) { element(field, depth, &output) }
      } else {
        element(field, depth, &output)
      }
    }
    return output
  }

  /// Appends entries in the order of their keys as text, which is the peer's order.
  private mutating func map(_ field: FieldDescriptor, _ depth: Int, _ output: inout [UInt8]) {
    guard let entry = field.message else { return }
    var entries = [String: [UInt8]]()
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let (text, key) = mapKey(entry.fields[0])
      var encoded = key
      element(entry.fields[1], depth + 1, &encoded)
      entries[text] = encoded
    }
    for (_, encoded) in entries.sorted(by: { $0.key < $1.key }) {
      delimited(field.number, encoded, &output)
    }
  }

  private mutating func mapKey(_ field: FieldDescriptor) -> (String, [UInt8]) {
    var encoded = [UInt8]()
    switch field.type {
    case .string:
      let text = String(
        (0..<Int.random(in: 0...4, using: &random)).map { _ in
          "abcXYZ_é".randomElement(using: &random) ?? "a"
        }
      )
      delimited(field.number, Array(text.utf8), &encoded)
      return (text, encoded)
    case .bool:
      let value = Bool.random(using: &random)
      tag(field.number, 0, &encoded)
      encoded.append(value ? 1 : 0)
      return (value ? "true" : "false", encoded)
    default:
      let value = Int32.random(in: 0...99_999, using: &random)
      integer(field, Int64(value), &encoded)
      return (String(value), encoded)
    }
  }

  private mutating func element(
    _ field: FieldDescriptor,
    _ depth: Int,
    _ output: inout [UInt8]
  ) {
    switch field.type {
    case .message:
      if let type = field.message {
        delimited(field.number, message(type, depth: depth + 1), &output)
      }
    case .string: delimited(field.number, Array(text().utf8), &output)
    case .bytes:
      let count = Int.random(in: 0...9, using: &random)
      delimited(
        field.number,
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) },
        &output
      )
    case .double:
      tag(field.number, 1, &output)
      fixed(double().bitPattern, &output)
    case .float:
      tag(field.number, 5, &output)
      fixed(float().bitPattern, &output)
    case .enumeration:
      tag(field.number, 0, &output)
      let known = field.enumeration?.values.randomElement(using: &random)?.number ?? 0
      let isKnown = Int.random(in: 0..<8, using: &random) > 0
      varint(UInt64(bitPattern: Int64(isKnown ? known : 4711)), &output)
    case .bool:
      tag(field.number, 0, &output)
      output.append(Bool.random(using: &random) ? 1 : 0)
    default: integer(field, whole(), &output)
    }
  }

  // MARK: values

  private mutating func whole() -> Int64 {
    switch Int.random(in: 0..<6, using: &random) {
    case 0: 0
    case 1: .max
    case 2: .min
    case 3: Int64.random(in: -9...9, using: &random)
    default: Int64.random(in: .min ... .max, using: &random)
    }
  }

  private mutating func integer(
    _ field: FieldDescriptor,
    _ value: Int64,
    _ output: inout [UInt8]
  ) {
    let narrow = Int32(truncatingIfNeeded: value)
    switch field.type {
    case .sfixed32, .fixed32:
      tag(field.number, 5, &output)
      fixed(UInt32(bitPattern: narrow), &output)
    case .sfixed64, .fixed64:
      tag(field.number, 1, &output)
      fixed(UInt64(bitPattern: value), &output)
    default:
      tag(field.number, 0, &output)
      switch field.type {
      case .int32: varint(UInt64(bitPattern: Int64(narrow)), &output)
      case .uint32: varint(UInt64(UInt32(bitPattern: narrow)), &output)
      case .sint32: varint(UInt64(UInt32(bitPattern: narrow << 1 ^ narrow >> 31)), &output)
      case .sint64: varint(UInt64(bitPattern: value << 1 ^ value >> 63), &output)
      default: varint(UInt64(bitPattern: value), &output)
      }
    }
  }

  /// Returns a number other than -0.0, which libprotobuf-c drops where a field has no presence,
  /// unlike other libraries.
  private mutating func double() -> Double {
    switch Int.random(in: 0..<8, using: &random) {
    case 0: return 0
    case 1: return .nan
    case 2: return .infinity
    case 3: return -.infinity
    case 4: return Double(Int.random(in: -1000...1000, using: &random))
    case 5: return .leastNonzeroMagnitude
    default:
      let value = Double(bitPattern: UInt64.random(in: 0 ... .max, using: &random))
      return value.isFinite && value != 0 ? value : 1.5
    }
  }

  private mutating func float() -> Float {
    switch Int.random(in: 0..<7, using: &random) {
    case 0: return 0
    case 1: return .nan
    case 2: return .infinity
    case 3: return -.infinity
    case 4: return Float(Int.random(in: -1000...1000, using: &random))
    default:
      let value = Float(bitPattern: UInt32.random(in: 0 ... .max, using: &random))
      return value.isNormal ? value : 1.5
    }
  }

  private mutating func text() -> String {
    let alphabet: [Character] = [
      "a", "Z", "0", " ", "\"", "\\", "/", "\n", "\t", "\u{1}", "\u{7F}", "é", "ß", "漢", "😀",
      "\u{2028}", "<", "&", "\u{301}",
    ]
    return String(
      (0..<Int.random(in: 0...12, using: &random)).map { _ in
        alphabet.randomElement(using: &random) ?? "a"
      }
    )
  }

  // MARK: google.protobuf

  private mutating func nanoseconds() -> Int64 {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: 0
    case 1: Int64.random(in: 0...999, using: &random) * 1_000_000
    case 2: Int64.random(in: 0...999_999, using: &random) * 1000
    default: Int64.random(in: 0...999_999_999, using: &random)
    }
  }

  private mutating func timestamp() -> [UInt8] {
    let seconds = Int64.random(in: -62_135_596_800...253_402_300_799, using: &random)
    return pair(seconds, nanoseconds())
  }

  private mutating func duration() -> [UInt8] {
    let sign: Int64 = Bool.random(using: &random) ? 1 : -1
    let seconds = Int64.random(in: 0...315_576_000_000, using: &random)
    return pair(sign * seconds, sign * nanoseconds())
  }

  private func pair(_ seconds: Int64, _ nanoseconds: Int64) -> [UInt8] {
    var output = [UInt8]()
    tag(1, 0, &output)
    varint(UInt64(bitPattern: seconds), &output)
    tag(2, 0, &output)
    varint(UInt64(bitPattern: nanoseconds), &output)
    return output
  }

  private mutating func fieldMask() -> [UInt8] {
    var output = [UInt8]()
    for path in ["external_id", "address.zip", "a", "first_name.last_name"] {
      if Bool.random(using: &random) { delimited(1, Array(path.utf8), &output) }
    }
    return output
  }

  private mutating func any(_ depth: Int) -> [UInt8] {
    guard let type = types.randomElement(using: &random) else { return [] }
    var output = [UInt8]()
    delimited(1, Array("type.googleapis.com/\(type.name)".utf8), &output)
    // Packed by libprotobuf-c, so that the fields are in the order in which it packs them again.
    delimited(2, JSONRandomMessage.canonical(message(type, depth: depth + 1), type), &output)
    return output
  }

  /// Returns the message as libprotobuf-c packs it after unpacking it.
  static func canonical(_ encoded: [UInt8], _ type: MessageDescriptor) -> [UInt8] {
    let arena = Arena()
    let result = try? encoded.withUnsafeBufferPointer { buffer in
      let message = try type.unpack(UnsafeRawBufferPointer(buffer), in: arena)
      return [UInt8](try type.pack(message, in: arena))
    }
    withExtendedLifetime(arena) {}
    return result ?? []
  }

  // MARK: wire

  private func tag(_ number: UInt32, _ wireType: UInt64, _ output: inout [UInt8]) {
    varint(UInt64(number) << 3 | wireType, &output)
  }

  private func varint(_ value: UInt64, _ output: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    output.append(UInt8(rest))
  }

  private func fixed(_ value: some FixedWidthInteger, _ output: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { output.append(contentsOf: $0) }
  }

  private func delimited(_ number: UInt32, _ content: [UInt8], _ output: inout [UInt8]) {
    tag(number, 2, &output)
    varint(UInt64(content.count), &output)
    output.append(contentsOf: content)
  }
}

internal import CProtobufC

/// A repeated field that is being read: an array in an arena that doubles.
private struct GrowingArray {
  let stride: Int
  var start: UnsafeMutableRawPointer?
  var count = 0
  private var capacity = 0

  init(stride: Int) { self.stride = stride }

  /// Returns room for one more element. Moves the array if it is full.
  mutating func append(_ reader: borrowing JSONReader, in arena: borrowing Arena)
    throws(JSONError) -> UnsafeMutableRawPointer
  {
    if count == capacity {
      capacity = max(4, capacity * 2)
      let larger = try reader.memory(capacity * stride, in: arena)
      if let start { larger.copyMemory(from: start, byteCount: count * stride) }
      start = larger
    }
    count += 1
    return start.unsafelyUnwrapped + (count - 1) * stride
  }

  func store(_ field: FieldDescriptor, of target: UnsafeMutableRawPointer) {
    (target + field.quantifierOffset).storeBytes(of: count, as: Int.self)
    (target + field.offset).storeBytes(of: start, as: UnsafeMutableRawPointer?.self)
  }
}

extension FieldDescriptor {
  /// The size of one element in the array of a repeated field, in bytes.
  var elementStride: Int {
    switch type {
    case .int32, .sint32, .sfixed32, .uint32, .fixed32, .float, .bool, .enumeration: 4
    case .int64, .sint64, .sfixed64, .uint64, .fixed64, .double: 8
    case .string, .message: MemoryLayout<UnsafeRawPointer>.stride
    case .bytes: MemoryLayout<ProtobufCBinaryData>.stride
    }
  }
}

extension JSONReader {
  mutating func array(
    _ field: FieldDescriptor,
    of target: UnsafeMutableRawPointer,
    _ depth: Int,
    in arena: borrowing Arena
  ) throws(JSONError) {
    try scanner.expect(.array, for: "an array")
    scanner.position += 1
    var elements = GrowingArray(stride: field.elementStride)
    var isFirst = true
    while try scanner.nextElement(&isFirst) {
      let slot = try elements.append(self, in: arena)
      do throws(JSONError) {
        if try scanner.kind() == .null {
          throw scanner.error("an array cannot contain null")
        }
        try value(field, at: slot, depth, in: arena)
      } catch {
        throw error.inside("[\(elements.count - 1)]")
      }
    }
    elements.store(field, of: target)
  }

  mutating func map(
    _ field: FieldDescriptor,
    of target: UnsafeMutableRawPointer,
    _ depth: Int,
    in arena: borrowing Arena
  ) throws(JSONError) {
    try scanner.expect(.object, for: "an object that maps keys to values")
    scanner.position += 1
    guard let entryType = field.message else { return }
    let (keyField, valueField) = (entryType.field(at: 0), entryType.field(at: 1))
    var entries = GrowingArray(stride: field.elementStride)
    var seen = Set<String>()
    var isFirst = true
    while let key = try scanner.nextKey(&isFirst) {
      let name = scanner.text(key)
      guard seen.insert(name).inserted else {
        throw scanner.error("the key `\(name.prefix(64))` is given twice", at: key.start - 1)
      }
      let slot = try entries.append(self, in: arena)
      let entry = try entryStruct(entryType, in: arena)
      try mapKey(keyField, key, at: entry + keyField.offset, in: arena)
      do throws(JSONError) {
        if try scanner.kind() == .null { throw scanner.error("a map cannot contain null") }
        try value(valueField, at: entry + valueField.offset, depth + 1, in: arena)
      } catch {
        throw error.inside(name)
      }
      slot.storeBytes(of: entry, as: UnsafeMutableRawPointer.self)
    }
    entries.store(field, of: target)
  }

  private func entryStruct(_ type: MessageDescriptor, in arena: borrowing Arena)
    throws(JSONError) -> UnsafeMutableRawPointer
  {
    let entry = try memory(type.structSize, in: arena)
    type.pointer.pointee.message_init(entry.assumingMemoryBound(to: ProtobufCMessage.self))
    return entry
  }

  /// Stores the key of a map entry. JSON writes keys of every type as strings.
  private func mapKey(
    _ field: FieldDescriptor,
    _ key: JSONScanner.StringToken,
    at slot: UnsafeMutableRawPointer,
    in arena: borrowing Arena
  ) throws(JSONError) {
    switch field.type {
    case .string: try store(key, at: slot, in: arena)
    case .bool:
      let text = scanner.text(key)
      guard text == "true" || text == "false" else {
        throw scanner.error("expected \"true\" or \"false\" as a key", at: key.start - 1)
      }
      slot.storeBytes(of: text == "true" ? 1 : 0, as: Int32.self)
    default:
      let range = key.start..<key.end
      let isWhole = scanner.bytes[range].allSatisfy { $0 &- 0x30 < 10 || $0 == UInt8(ascii: "-") }
      guard isWhole, JSONNumber.end(of: scanner.bytes, from: key.start) == key.end,
        storeInteger(field.type, range, at: slot)
      else {
        throw scanner.error(
          "expected a key that is an \(field.type), found \"\(scanner.excerpt(range))\"",
          at: key.start - 1
        )
      }
    }
  }
}

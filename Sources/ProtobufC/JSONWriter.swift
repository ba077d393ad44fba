internal import CProtobufC

/// A writer of C structs as JSON text, by their descriptors.
struct JSONWriter {
  var output = [UInt8]()
  let options: JSONWriteOptions
  private var indentation = 0

  init(_ options: JSONWriteOptions) { self.options = options }

  // MARK: structure

  /// The state of an object or array that is being written: its next member needs a comma unless it
  /// is empty.
  private struct Container {
    var isEmpty = true
  }

  private mutating func open(_ bracket: UnicodeScalar) -> Container {
    output.append(UInt8(ascii: bracket))
    indentation += 1
    return Container()
  }

  private mutating func next(_ container: inout Container) {
    if !container.isEmpty { output.append(UInt8(ascii: ",")) }
    container.isEmpty = false
    newLine()
  }

  private mutating func close(_ bracket: UnicodeScalar, _ container: Container) {
    indentation -= 1
    if !container.isEmpty { newLine() }
    output.append(UInt8(ascii: bracket))
  }

  private mutating func newLine() {
    guard options.pretty else { return }
    output.append(0x0A)
    output.append(contentsOf: repeatElement(0x20, count: indentation * 2))
  }

  private mutating func separator() {
    output.append(UInt8(ascii: ":"))
    if options.pretty { output.append(0x20) }
  }

  // MARK: messages

  /// Writes the struct at `source`; nil is a message with nothing set.
  mutating func message(
    _ descriptor: MessageDescriptor,
    _ source: UnsafeRawPointer?,
    depth: Int = 1
  ) throws(JSONError) {
    guard depth <= WireCheck.maxDepth else {
      throw JSONError(message: "messages are nested deeper than \(WireCheck.maxDepth)")
    }
    guard let source else {
      try absent(descriptor, depth)
      return
    }
    switch JSONSpecial(descriptor) {
    case .timestamp: try timestamp(descriptor, source)
    case .duration: try duration(descriptor, source)
    case .fieldMask: try fieldMask(descriptor, source)
    case .any: try any(descriptor, source, depth)
    case .wrapper:
      try value(descriptor.field(at: 0), source + descriptor.field(at: 0).offset, depth)
    case nil:
      var container = open("{")
      try members(descriptor, source, depth, &container)
      close("}", container)
    }
  }

  /// Writes the value of a map entry without one: a message with nothing set.
  private mutating func absent(_ descriptor: MessageDescriptor, _ depth: Int) throws(JSONError) {
    let arena = Arena()
    let empty: UnsafeMutableRawPointer
    do throws(CodecError) {
      empty = try descriptor.makeStruct(in: arena)
    } catch {
      throw JSONError(message: "\(error)")
    }
    try message(descriptor, empty, depth: depth)
    withExtendedLifetime(arena) {}
  }

  private mutating func members(
    _ descriptor: MessageDescriptor,
    _ source: UnsafeRawPointer,
    _ depth: Int,
    _ container: inout Container
  ) throws(JSONError) {
    for index in 0..<descriptor.fieldCount {
      let field = descriptor.field(at: index)
      guard isWritten(field, source) else { continue }
      next(&container)
      output.append(UInt8(ascii: "\""))
      field.appendJSONName(to: &output)
      output.append(UInt8(ascii: "\""))
      separator()
      do throws(JSONError) {
        try member(field, source, depth)
      } catch {
        throw error.inside(field.jsonName)
      }
    }
  }

  private func isWritten(_ field: FieldDescriptor, _ source: UnsafeRawPointer) -> Bool {
    if field.isRepeated {
      return options.writesDefaults
        || source.load(fromByteOffset: field.quantifierOffset, as: Int.self) > 0
    }
    if field.isOneofMember {
      return source.load(fromByteOffset: field.quantifierOffset, as: UInt32.self) == field.number
    }
    let slot = source + field.offset
    switch field.type {
    case .message: return slot.load(as: UnsafeRawPointer?.self) != nil
    case .string:
      let text = slot.load(as: UnsafePointer<CChar>?.self)
      return options.writesDefaults || (text.map { $0.pointee != 0 } ?? false)
    case .bytes: return options.writesDefaults || slot.load(as: ProtobufCBinaryData.self).len > 0
    case .double: return options.writesDefaults || slot.load(as: Double.self) != 0
    case .float: return options.writesDefaults || slot.load(as: Float.self) != 0
    case .int64, .sint64, .sfixed64, .uint64, .fixed64:
      return options.writesDefaults || slot.load(as: UInt64.self) != 0
    default: return options.writesDefaults || slot.load(as: UInt32.self) != 0
    }
  }

  private mutating func member(
    _ field: FieldDescriptor,
    _ source: UnsafeRawPointer,
    _ depth: Int
  ) throws(JSONError) {
    guard field.isRepeated else {
      try value(field, source + field.offset, depth)
      return
    }
    let count = source.load(fromByteOffset: field.quantifierOffset, as: Int.self)
    let start = source.load(fromByteOffset: field.offset, as: UnsafeRawPointer?.self)
    if field.isJSONMap {
      try map(field, start, count, depth)
    } else {
      try array(field, start, count, depth)
    }
  }

  private mutating func array(
    _ field: FieldDescriptor,
    _ start: UnsafeRawPointer?,
    _ count: Int,
    _ depth: Int
  ) throws(JSONError) {
    var container = open("[")
    for index in 0..<count {
      next(&container)
      do throws(JSONError) {
        try value(field, start.unsafelyUnwrapped + index * field.elementStride, depth)
      } catch {
        throw error.inside("[\(index)]")
      }
    }
    close("]", container)
  }

  private mutating func map(
    _ field: FieldDescriptor,
    _ start: UnsafeRawPointer?,
    _ count: Int,
    _ depth: Int
  ) throws(JSONError) {
    var container = open("{")
    guard let type = field.message else { return }
    let entries = UnsafeBufferPointer(
      start: start?.assumingMemoryBound(to: UnsafeRawPointer.self),
      count: count
    )
    let (keyField, valueField) = (type.field(at: 0), type.field(at: 1))
    // Sorted, so that the same message gives the same text. The last entry of a key wins, as
    // protobuf requires.
    let keys = entries.map { mapKey(keyField, $0 + keyField.offset) }
    let order = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
    for (position, index) in order.enumerated() {
      let following = position + 1 < order.count ? order[position + 1] : nil
      if let following, keys[following] == keys[index] { continue }
      next(&container)
      string(keys[index])
      separator()
      do throws(JSONError) {
        try value(valueField, entries[index] + valueField.offset, depth + 1)
      } catch {
        throw error.inside(keys[index])
      }
    }
    close("}", container)
  }

  private func mapKey(_ field: FieldDescriptor, _ slot: UnsafeRawPointer) -> String {
    switch field.type {
    case .string: slot.load(as: UnsafePointer<CChar>?.self).map { String(cString: $0) } ?? ""
    case .bool: slot.load(as: Int32.self) != 0 ? "true" : "false"
    case .uint32, .fixed32: String(slot.load(as: UInt32.self))
    case .uint64, .fixed64: String(slot.load(as: UInt64.self))
    case .int64, .sint64, .sfixed64: String(slot.load(as: Int64.self))
    default: String(slot.load(as: Int32.self))
    }
  }

  // MARK: Any

  private mutating func any(
    _ descriptor: MessageDescriptor,
    _ source: UnsafeRawPointer,
    _ depth: Int
  ) throws(JSONError) {
    let (urlField, valueField) = (descriptor.field(at: 0), descriptor.field(at: 1))
    let data = source.load(fromByteOffset: valueField.offset, as: ProtobufCBinaryData.self)
    let bytes = UnsafeRawBufferPointer(start: data.data, count: data.len)
    let url =
      source.load(fromByteOffset: urlField.offset, as: UnsafePointer<CChar>?.self)
      .map { String(cString: $0) } ?? ""
    var container = open("{")
    if !url.isEmpty || !bytes.isEmpty {
      next(&container)
      string("@type")
      separator()
      string(url)
      try anyContent(url, bytes, depth, &container)
    }
    close("}", container)
  }

  private mutating func anyContent(
    _ url: String,
    _ bytes: UnsafeRawBufferPointer,
    _ depth: Int,
    _ container: inout Container
  ) throws(JSONError) {
    let name = url.split(separator: "/").last.map(String.init) ?? ""
    let arena = Arena(limit: Arena.decodingLimit(payload: bytes.count))
    if let type = options.resolve?(name), let inner = try? type.unpack(bytes, in: arena) {
      if JSONSpecial(type) != nil {
        member("value", &container)
        try message(type, inner, depth: depth + 1)
      } else {
        try members(type, inner, depth + 1, &container)
      }
    } else {
      member("value", &container)
      base64(bytes.assumingMemoryBound(to: UInt8.self))
    }
    withExtendedLifetime(arena) {}
  }

  private mutating func member(_ name: String, _ container: inout Container) {
    next(&container)
    string(name)
    separator()
  }
}

internal import CProtobufC

/// A reader that fills C structs from a JSON text by their descriptors, in one pass.
struct JSONReader {
  var scanner: JSONScanner
  let options: JSONReadOptions

  init(_ bytes: UnsafeBufferPointer<UInt8>, _ options: JSONReadOptions) {
    scanner = JSONScanner(bytes)
    self.options = options
  }

  /// Reads the text, which must be one message.
  mutating func document(_ descriptor: MessageDescriptor, in arena: borrowing Arena)
    throws(JSONError) -> UnsafeMutableRawPointer
  {
    scanner.skipSpace()
    guard scanner.position < scanner.bytes.count else {
      throw scanner.error("the text is empty; expected \(Self.expectation(descriptor))")
    }
    let target = try message(descriptor, depth: 1, in: arena)
    scanner.skipSpace()
    guard scanner.position == scanner.bytes.count else {
      throw scanner.error("unexpected text after the message")
    }
    return target
  }

  static func expectation(_ descriptor: MessageDescriptor) -> String {
    switch JSONSpecial(descriptor) {
    case .timestamp: "a timestamp such as \"2024-05-31T12:30:00Z\""
    case .duration: "a duration such as \"1.5s\""
    case .fieldMask: "a field mask such as \"firstName,address.city\""
    case .wrapper: "a value for \(descriptor.name)"
    case .any, nil: "an object for \(descriptor.name)"
    }
  }

  /// Reads one message of any type into a new struct.
  mutating func message(_ descriptor: MessageDescriptor, depth: Int, in arena: borrowing Arena)
    throws(JSONError) -> UnsafeMutableRawPointer
  {
    guard depth <= WireCheck.maxDepth else {
      throw scanner.error("messages are nested deeper than \(WireCheck.maxDepth)")
    }
    let target = try allocated(descriptor, in: arena)
    switch JSONSpecial(descriptor) {
    case .timestamp: try timestamp(descriptor, target)
    case .duration: try duration(descriptor, target)
    case .fieldMask: try fieldMask(descriptor, target, in: arena)
    case .any: try any(descriptor, target, depth, in: arena)
    case .wrapper:
      try scalar(descriptor.field(at: 0), at: target + descriptor.field(at: 0).offset, in: arena)
    case nil: try object(descriptor, target, depth, in: arena)
    }
    return target
  }

  private func allocated(_ descriptor: MessageDescriptor, in arena: borrowing Arena)
    throws(JSONError) -> UnsafeMutableRawPointer
  {
    do throws(CodecError) {
      return try descriptor.makeStruct(in: arena)
    } catch {
      throw scanner.error("the message is too large: it \(error.reason)")
    }
  }

  func memory(_ size: Int, in arena: borrowing Arena) throws(JSONError) -> UnsafeMutableRawPointer {
    do throws(CodecError) {
      return try arena.allocate(size)
    } catch {
      throw scanner.error("the message is too large: it \(error.reason)")
    }
  }

  /// Reads an object. `isAny` skips `@type`, which has been read before.
  mutating func object(
    _ descriptor: MessageDescriptor,
    _ target: UnsafeMutableRawPointer,
    _ depth: Int,
    isAny: Bool = false,
    in arena: borrowing Arena
  ) throws(JSONError) {
    try scanner.expect(.object, for: Self.expectation(descriptor))
    scanner.position += 1
    var seen = SeenFields()
    var isFirst = true
    var hint = 0
    while true {
      scanner.skipSpace()
      guard let key = try scanner.nextKey(&isFirst) else { return }
      if isAny && scanner.text(key) == "@type" {
        try scanner.skipValue(depth: depth)
        continue
      }
      guard let index = index(of: key, in: descriptor, hint: hint) else {
        try unknown(key, descriptor, depth)
        continue
      }
      guard seen.insert(index) else {
        throw scanner.error("the field `\(scanner.text(key))` is given twice", at: key.start - 1)
      }
      hint = index + 1
      do throws(JSONError) {
        try field(descriptor.field(at: index), of: target, descriptor, key, depth, in: arena)
      } catch {
        throw error.inside(scanner.text(key))
      }
    }
  }

  private func index(of key: JSONScanner.StringToken, in descriptor: MessageDescriptor, hint: Int)
    -> Int?
  {
    if descriptor.fieldCount == 0 { return nil }
    if key.hasEscapes {
      var text = scanner.text(key)
      return text.withUTF8 { descriptor.index(ofKey: $0, hint: hint) }
    }
    let bytes = UnsafeBufferPointer(rebasing: scanner.bytes[key.start..<key.end])
    return descriptor.index(ofKey: bytes, hint: hint)
  }

  private mutating func unknown(
    _ key: JSONScanner.StringToken,
    _ descriptor: MessageDescriptor,
    _ depth: Int
  ) throws(JSONError) {
    if options.ignoresUnknownFields {
      try scanner.skipValue(depth: depth)
      return
    }
    let name = scanner.text(key)
    let style = name.contains("_")
    let names = descriptor.fields.map { style ? $0.name : $0.jsonName }
    throw scanner.error(
      "unknown field `\(name.prefix(64))` in \(descriptor.name)"
        + JSONSuggestion.text(for: name, among: names),
      at: key.start - 1
    )
  }

  private mutating func field(
    _ field: FieldDescriptor,
    of target: UnsafeMutableRawPointer,
    _ descriptor: MessageDescriptor,
    _ key: JSONScanner.StringToken,
    _ depth: Int,
    in arena: borrowing Arena
  ) throws(JSONError) {
    if try scanner.kind() == .null {
      try scanner.null()
    } else if field.isRepeated {
      if field.isJSONMap {
        try map(field, of: target, depth, in: arena)
      } else {
        try array(field, of: target, depth, in: arena)
      }
    } else if field.isOneofMember {
      let slot = target + field.quantifierOffset
      let given = slot.load(as: UInt32.self)
      guard given == 0 else {
        let other = descriptor.fields.first { $0.number == given }?.jsonName ?? "another"
        throw scanner.error("only one may be given, and `\(other)` is given too", at: key.start - 1)
      }
      try value(field, at: target + field.offset, depth, in: arena)
      slot.storeBytes(of: field.number, as: UInt32.self)
    } else {
      try value(field, at: target + field.offset, depth, in: arena)
    }
  }

  /// Reads one value of the field's type into `slot`.
  mutating func value(
    _ field: FieldDescriptor,
    at slot: UnsafeMutableRawPointer,
    _ depth: Int,
    in arena: borrowing Arena
  ) throws(JSONError) {
    if let type = field.message {
      let pointer = try message(type, depth: depth + 1, in: arena)
      slot.storeBytes(of: pointer, as: UnsafeMutableRawPointer.self)
    } else {
      try scalar(field, at: slot, in: arena)
    }
  }
}

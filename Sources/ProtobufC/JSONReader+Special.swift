internal import CProtobufC

/// Reading of the messages of `google.protobuf` that have a JSON form of their own.
extension JSONReader {
  private mutating func text(_ descriptor: MessageDescriptor) throws(JSONError) -> String {
    try scanner.expect(.string, for: Self.expectation(descriptor))
    return scanner.text(try scanner.string())
  }

  mutating func timestamp(_ descriptor: MessageDescriptor, _ target: UnsafeMutableRawPointer)
    throws(JSONError)
  {
    try scanner.expect(.string, for: Self.expectation(descriptor))
    let start = scanner.position
    let text = try text(descriptor)
    guard let instant = JSONTime.instant(text) ?? options.parseInstant?(text) else {
      throw scanner.error(
        "expected \(Self.expectation(descriptor)), found \"\(text.prefix(32))\"",
        at: start
      )
    }
    let (seconds, nanoseconds) = (descriptor.field(at: 0), descriptor.field(at: 1))
    (target + seconds.offset).storeBytes(of: instant.seconds, as: Int64.self)
    (target + nanoseconds.offset).storeBytes(of: instant.nanoseconds, as: Int32.self)
  }

  mutating func duration(_ descriptor: MessageDescriptor, _ target: UnsafeMutableRawPointer)
    throws(JSONError)
  {
    try scanner.expect(.string, for: Self.expectation(descriptor))
    let start = scanner.position
    let text = try text(descriptor)
    guard let duration = JSONTime.duration(text) else {
      throw scanner.error(
        "expected \(Self.expectation(descriptor)), found \"\(text.prefix(32))\"",
        at: start
      )
    }
    let (seconds, nanoseconds) = (descriptor.field(at: 0), descriptor.field(at: 1))
    (target + seconds.offset).storeBytes(of: duration.seconds, as: Int64.self)
    (target + nanoseconds.offset).storeBytes(of: duration.nanoseconds, as: Int32.self)
  }

  mutating func fieldMask(
    _ descriptor: MessageDescriptor,
    _ target: UnsafeMutableRawPointer,
    in arena: borrowing Arena
  ) throws(JSONError) {
    try scanner.expect(.string, for: Self.expectation(descriptor))
    let start = scanner.position
    let text = try text(descriptor)
    if text.isEmpty { return }
    var paths = [String]()
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard !part.isEmpty, let path = JSONMaskPath.snake(part) else {
        throw scanner.error(
          "expected \(Self.expectation(descriptor)), found \"\(text.prefix(32))\"",
          at: start
        )
      }
      paths.append(path)
    }
    let field = descriptor.field(at: 0)
    let list = try memory(paths.count * field.elementStride, in: arena)
    for (index, path) in paths.enumerated() {
      let copy = try memory(path.utf8.count + 1, in: arena)
      copy.copyMemory(from: Array(path.utf8) + [0], byteCount: path.utf8.count + 1)
      list.storeBytes(
        of: copy,
        toByteOffset: index * field.elementStride,
        as: UnsafeMutableRawPointer.self
      )
    }
    (target + field.quantifierOffset).storeBytes(of: paths.count, as: Int.self)
    (target + field.offset).storeBytes(of: list, as: UnsafeMutableRawPointer.self)
  }

  // MARK: Any

  mutating func any(
    _ descriptor: MessageDescriptor,
    _ target: UnsafeMutableRawPointer,
    _ depth: Int,
    in arena: borrowing Arena
  ) throws(JSONError) {
    try scanner.expect(.object, for: "an object with `@type`")
    let start = scanner.position
    guard let type = try anyType(depth) else { return }
    let url = scanner.text(type)
    let name = url.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init)
    guard url.contains("/"), let name, let inner = options.resolve?(name) else {
      throw scanner.error(
        "the message type of `@type` is not known; expected an URL such as "
          + "\"type.googleapis.com/google.rpc.ErrorInfo\"",
        at: type.start - 1
      )
    }
    scanner.position = start
    let message = try anyContent(inner, depth, in: arena)
    let packed = try packed(inner, message, in: arena)
    let (urlField, valueField) = (descriptor.field(at: 0), descriptor.field(at: 1))
    try store(type, at: target + urlField.offset, in: arena)
    (target + valueField.offset).storeBytes(of: packed, as: ProtobufCBinaryData.self)
  }

  /// Finds `@type`, which may stand anywhere in the object. Returns nil for an empty object.
  private mutating func anyType(_ depth: Int) throws(JSONError) -> JSONScanner.StringToken? {
    let start = scanner.position
    scanner.position += 1
    var isFirst = true
    var type: JSONScanner.StringToken?
    while let key = try scanner.nextKey(&isFirst) {
      if scanner.text(key) == "@type" {
        guard type == nil else {
          throw scanner.error("the field `@type` is given twice", at: key.start - 1)
        }
        try scanner.expect(.string, for: "the URL of a message type")
        type = try scanner.string()
      } else {
        try scanner.skipValue(depth: depth)
      }
    }
    if type == nil && !isFirst {
      throw scanner.error("an Any needs `@type`", at: start)
    }
    return type
  }

  private mutating func anyContent(
    _ inner: MessageDescriptor,
    _ depth: Int,
    in arena: borrowing Arena
  ) throws(JSONError) -> UnsafeMutableRawPointer {
    guard JSONSpecial(inner) != nil else {
      let target = try memory(inner.structSize, in: arena)
      inner.pointer.pointee.message_init(target.assumingMemoryBound(to: ProtobufCMessage.self))
      try object(inner, target, depth + 1, isAny: true, in: arena)
      return target
    }
    let start = scanner.position
    scanner.position += 1
    var isFirst = true
    var result: UnsafeMutableRawPointer?
    while let key = try scanner.nextKey(&isFirst) {
      switch scanner.text(key) {
      case "@type": try scanner.skipValue(depth: depth)
      case "value" where result == nil: result = try message(inner, depth: depth + 1, in: arena)
      case let name:
        throw scanner.error(
          "unexpected field `\(name.prefix(64))`; an Any of \(inner.name) has `@type` and `value`",
          at: key.start - 1
        )
      }
    }
    guard let result else {
      throw scanner.error("an Any of \(inner.name) needs `value`", at: start)
    }
    return result
  }

  private func packed(
    _ type: MessageDescriptor,
    _ message: UnsafeMutableRawPointer,
    in arena: borrowing Arena
  ) throws(JSONError) -> ProtobufCBinaryData {
    do throws(CodecError) {
      let bytes = try type.pack(message, in: arena)
      return ProtobufCBinaryData(
        len: bytes.count,
        data: UnsafeMutableRawPointer(mutating: bytes.baseAddress)?
          .assumingMemoryBound(to: UInt8.self)
      )
    } catch {
      throw scanner.error("the message is too large: it \(error.reason)")
    }
  }
}

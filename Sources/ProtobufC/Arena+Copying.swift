/// Encoding by generated code: copies of values that libprotobuf-c reads through pointers. They
/// live until the arena is reset.
extension Arena {
  /// Returns a NUL-terminated copy of `value`, never libprotobuf-c's shared empty string, so that
  /// an empty string in a oneof stays present. Throws if `value` contains U+0000, at which C would
  /// cut; `field` is the full proto name for that error.
  public func string(_ value: String, _ field: StaticString)
    throws(CodecError) -> UnsafeMutablePointer<CChar>
  {
    var value = value
    let copied = value.withUTF8 { utf8 -> Result<UnsafeMutablePointer<CChar>, CodecError> in
      if utf8.contains(0) { return .failure(CodecError(.embeddedNUL, path: "\(field)")) }
      return copyString(utf8)
    }
    return try copied.get()
  }

  private func copyString(_ utf8: UnsafeBufferPointer<UInt8>)
    -> Result<UnsafeMutablePointer<CChar>, CodecError>
  {
    guard let memory = state.pointee.allocate(utf8.count + 1) else {
      return .failure(CodecError(.outOfMemory(limit: limit)))
    }
    if let source = utf8.baseAddress { memory.copyMemory(from: source, byteCount: utf8.count) }
    memory.storeBytes(of: 0, toByteOffset: utf8.count, as: UInt8.self)
    return .success(memory.assumingMemoryBound(to: CChar.self))
  }

  /// Returns a copy of `value`, or nil if it is empty.
  public func bytes(_ value: [UInt8]) throws(CodecError) -> UnsafeMutablePointer<UInt8>? {
    try copy(value)
  }

  /// Returns a copy of trivial elements, or nil if there are none.
  @inlinable
  public func copy<Element: BitwiseCopyable>(_ elements: [Element])
    throws(CodecError) -> UnsafeMutablePointer<Element>?
  {
    if elements.isEmpty { return nil }
    let memory = try allocate(elements.count * MemoryLayout<Element>.stride)
    let target = memory.bindMemory(to: Element.self, capacity: elements.count)
    elements.withUnsafeBufferPointer {
      target.initialize(from: $0.baseAddress.unsafelyUnwrapped, count: $0.count)
    }
    return target
  }

  /// Returns the elements converted one by one, or nil if there are none.
  @inlinable
  public func map<Elements: Collection, Target>(
    _ elements: Elements,
    _ convert: (Elements.Element) throws(CodecError) -> Target
  ) throws(CodecError) -> UnsafeMutablePointer<Target>? {
    let count = elements.count
    if count == 0 { return nil }
    let memory = try allocate(count * MemoryLayout<Target>.stride)
    let target = memory.bindMemory(to: Target.self, capacity: count)
    var index = 0
    for element in elements {
      (target + index).initialize(to: try convert(element))
      index += 1
    }
    return target
  }
}

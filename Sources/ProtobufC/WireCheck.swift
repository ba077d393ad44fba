internal import CProtobufC
internal import ProtoWire

/// The check of an encoded message before libprotobuf-c unpacks it, in one pass.
///
/// libprotobuf-c gives no reason when it refuses input, ignores some wire types, does not check
/// UTF-8, cuts strings at U+0000, merges repeated sub-messages wrongly, nests without limit and
/// allocates many times the size of its input. Input that passes this check triggers none of that.
public enum WireCheck {
  /// The deepest nesting of messages that is accepted; the outermost message is at depth 1.
  public static let maxDepth = 32

  /// Checks `bytes` as a message of type `descriptor`. Returns the bytes of memory, rounded up,
  /// that unpacking needs. Throws ``CodecError`` if that is more than `budget` or the bytes are not
  /// a well-formed message. Allocates nothing unless it throws.
  @discardableResult
  public static func check(
    _ bytes: UnsafeRawBufferPointer,
    as descriptor: MessageDescriptor,
    budget: Int
  ) throws(CodecError) -> Int {
    try check(bytes.bytes, as: descriptor, budget: budget)
  }

  /// Checks `bytes` as a message of type `descriptor`, with the same result and errors.
  @discardableResult
  public static func check(
    _ bytes: RawSpan,
    as descriptor: MessageDescriptor,
    budget: Int
  ) throws(CodecError) -> Int {
    var scanner = WireScanner(bytes: bytes)
    try scanner.scan(0, bytes.byteCount, descriptor.pointer, depth: 1)
    guard scanner.memory <= budget else { throw CodecError(.tooManyElements(limit: budget)) }
    return scanner.memory
  }
}

/// The state of a check: the memory that unpacking needs.
struct WireScanner: ~Escapable {
  typealias Field = UnsafePointer<ProtobufCFieldDescriptor>
  typealias Descriptor = UnsafePointer<ProtobufCMessageDescriptor>

  /// The outermost message; cursors are offsets in it.
  let bytes: RawSpan
  /// An upper bound of the bytes that unpacking asks from its allocator.
  var memory = 0

  @_lifetime(copy bytes)
  init(bytes: RawSpan) { self.bytes = bytes }

  mutating func scan(_ start: Int, _ end: Int, _ descriptor: Descriptor, depth: Int)
    throws(CodecError)
  {
    guard depth <= WireCheck.maxDepth else {
      throw CodecError(.tooDeep(limit: WireCheck.maxDepth))
    }
    let fields = FieldTable(descriptor)
    var seen = SeenFields()
    var cursor = start
    var members = 0
    var previous = -1
    while cursor < end {
      members &+= 1
      let tagStart = cursor
      let tag = try tag(&cursor, end)
      let index = fields.index(of: tag >> 3, after: previous)
      guard index >= 0 else {
        try unknown(tag, &cursor, end)
        continue
      }
      previous = index
      let field = descriptor.pointee.fields + index
      do throws(CodecError) {
        try known(field, UInt64(tag & 7), &cursor, end, depth)
        if field.pointee.type == PROTOBUF_C_TYPE_MESSAGE && !field.isRepeated {
          guard seen.insert(index) else { throw CodecError(.duplicateMessage) }
        }
      } catch {
        throw error.inside(name(field, start, tagStart))
      }
    }
    memory &+= Self.rounded(descriptor.pointee.sizeof_message)
    // The list of scanned members: sixteen on the stack, then blocks that double, 32 bytes each.
    if members >= 16 { memory &+= 64 &* (members &+ 1) }
    if descriptor.pointee.n_fields > 128 { memory &+= Int(descriptor.pointee.n_fields) }
  }

  @inline(__always)
  static func rounded(_ size: Int) -> Int { (size &+ 7) & ~7 }

  private mutating func known(
    _ field: Field,
    _ wireType: UInt64,
    _ cursor: inout Int,
    _ end: Int,
    _ depth: Int
  ) throws(CodecError) {
    let type = field.pointee.type.rawValue
    let expected = WireType.of(type)
    if wireType == expected.number {
      switch expected {
      case .varint: _ = try varint(&cursor, end)
      case .fixed64: try advance(&cursor, end, 8)
      case .fixed32: try advance(&cursor, end, 4)
      case .lengthDelimited:
        let content = try content(&cursor, end)
        try delimited(field, content, cursor, depth)
      case .startGroup, .endGroup: throw CodecError(.group)
      }
      if field.isRepeated { memory &+= 8 }
    } else if wireType == WireType.lengthDelimited.number && field.isRepeated {
      let content = try content(&cursor, end)
      try packed(expected, type, content, cursor)
    } else if wireType == 3 || wireType == 4 {
      throw CodecError(.group)
    } else {
      throw CodecError(wireType > 5 ? .malformedTag : .wrongWireType)
    }
  }

  private mutating func delimited(_ field: Field, _ start: Int, _ end: Int, _ depth: Int)
    throws(CodecError)
  {
    switch field.pointee.type {
    case PROTOBUF_C_TYPE_MESSAGE:
      let descriptor = field.pointee.descriptor.unsafelyUnwrapped
        .assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
      try scan(start, end, descriptor, depth: depth &+ 1)
    case PROTOBUF_C_TYPE_STRING:
      if let fault = UTF8Check.fault(in: bytes, from: start, to: end, allowsNUL: false) {
        throw CodecError(fault == .nul ? .embeddedNUL : .invalidUTF8)
      }
      memory &+= Self.rounded(end - start &+ 1)
    default:
      memory &+= Self.rounded(end - start)
    }
    // A repeated bytes field holds its elements as length and pointer.
    if field.isRepeated { memory &+= 8 }
  }

  private mutating func packed(
    _ element: WireType,
    _ type: UInt32,
    _ start: Int,
    _ end: Int
  ) throws(CodecError) {
    let size = end - start
    switch element {
    case .fixed32:
      guard size & 3 == 0 else { throw CodecError(.malformedLength) }
      memory &+= size &+ 8
    case .fixed64:
      guard size & 7 == 0 else { throw CodecError(.malformedLength) }
      memory &+= size &+ 8
    default:
      var cursor = start
      var count = 0
      let isBool = type == PROTOBUF_C_TYPE_BOOL.rawValue
      while cursor < end {
        // libprotobuf-c accepts only a packed bool of one byte.
        if isBool && byte(cursor) > 1 { throw CodecError(.invalidBool) }
        _ = try varint(&cursor, end)
        count &+= 1
      }
      memory &+= count &* 8 &+ 8
    }
  }

  private mutating func unknown(_ tag: UInt32, _ cursor: inout Int, _ end: Int)
    throws(CodecError)
  {
    let start = cursor
    switch tag & 7 {
    case 0: _ = try varint(&cursor, end)
    case 1: try advance(&cursor, end, 8)
    case 2: _ = try content(&cursor, end)
    case 5: try advance(&cursor, end, 4)
    case 3, 4: throw CodecError(.group)
    default: throw CodecError(.malformedTag)
    }
    // An unknown field is kept as tag, length and pointer, and a copy of its bytes.
    memory &+= 32 &+ Self.rounded(cursor - start)
  }

  /// Returns the field's name, with its index if it is repeated. Counts earlier elements from the
  /// start of the message: errors are rare, so they carry the cost.
  private func name(_ field: Field, _ start: Int, _ tagStart: Int) -> String {
    let name = String(cString: field.pointee.name)
    guard field.isRepeated else { return name }
    var skipper = WireScanner(bytes: bytes)
    var cursor = start
    var index = 0
    while cursor < tagStart, let tag = try? tag(&cursor, tagStart) {
      if tag >> 3 == field.pointee.id { index += 1 }
      do throws(CodecError) {
        try skipper.unknown(tag, &cursor, tagStart)
      } catch {
        break
      }
    }
    return "\(name)[\(index)]"
  }
}

extension UnsafePointer<ProtobufCFieldDescriptor> {
  @inline(__always)
  var isRepeated: Bool { pointee.label == PROTOBUF_C_LABEL_REPEATED }
}

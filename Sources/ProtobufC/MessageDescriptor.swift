internal import CProtobufC

/// libprotobuf-c's description of a message type. Descriptors are constants of the generated code.
public struct MessageDescriptor: Sendable, Hashable {
  private let constant: StaticConstant<ProtobufCMessageDescriptor>

  /// Wraps a `const ProtobufCMessageDescriptor *`, which must be a constant with static storage.
  public init(_ pointer: UnsafeRawPointer) {
    self.init(pointer.assumingMemoryBound(to: ProtobufCMessageDescriptor.self))
  }

  init(_ pointer: UnsafePointer<ProtobufCMessageDescriptor>) {
    constant = StaticConstant(pointer: pointer)
  }

  var pointer: UnsafePointer<ProtobufCMessageDescriptor> { constant.pointer }

  /// The full proto name: `patron.v1.Customer`.
  public var name: String { String(cString: pointer.pointee.name) }

  /// The name without package and outer messages: `Customer`.
  public var shortName: String { String(cString: pointer.pointee.short_name) }

  /// The size of the C struct in bytes.
  public var structSize: Int { pointer.pointee.sizeof_message }

  /// The fields, sorted by number.
  public var fields: [FieldDescriptor] {
    UnsafeBufferPointer(start: pointer.pointee.fields, count: Int(pointer.pointee.n_fields))
      .indices.map { FieldDescriptor(pointer.pointee.fields + $0) }
  }

  /// Returns the field with this proto name, or nil. A binary search.
  public func field(named name: String) -> FieldDescriptor? {
    name.withCString { protobuf_c_message_descriptor_get_field_by_name(pointer, $0) }
      .map { FieldDescriptor($0) }
  }

  /// Allocates a C struct for this message with every field absent or at its default.
  public func makeStruct(in arena: borrowing Arena) throws(CodecError) -> UnsafeMutableRawPointer {
    let memory = try arena.allocate(pointer.pointee.sizeof_message)
    // `message_init` copies a constant over the whole struct; it does not read it.
    pointer.pointee.message_init(memory.assumingMemoryBound(to: ProtobufCMessage.self))
    return memory
  }

  /// Checks `bytes` with ``WireCheck`` and unpacks them into a C struct in `arena`, which is valid
  /// until the arena is reset. `bytes` are not used afterwards.
  public func unpack(_ bytes: UnsafeRawBufferPointer, in arena: borrowing Arena)
    throws(CodecError) -> UnsafeMutableRawPointer
  {
    let budget = min(Arena.decodingLimit(payload: bytes.count), arena.limit - arena.used)
    try WireCheck.check(bytes, as: self, budget: budget)
    let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    guard
      let message = protobuf_c_message_unpack(pointer, arena.allocator, bytes.count, start)
    else { throw CodecError(.refused) }
    return UnsafeMutableRawPointer(message)
  }

  /// Packs the C struct at `message` into `arena`. The result is valid until the arena is reset.
  public func pack(_ message: UnsafeRawPointer, in arena: borrowing Arena)
    throws(CodecError) -> UnsafeRawBufferPointer
  {
    let message = message.assumingMemoryBound(to: ProtobufCMessage.self)
    let size = protobuf_c_message_get_packed_size(message)
    let memory = try arena.allocate(size)
    let written = protobuf_c_message_pack(message, memory.assumingMemoryBound(to: UInt8.self))
    return UnsafeRawBufferPointer(start: memory, count: written)
  }

  /// Returns the size in bytes of the C struct at `message` when packed.
  public func packedSize(_ message: UnsafeRawPointer) -> Int {
    protobuf_c_message_get_packed_size(message.assumingMemoryBound(to: ProtobufCMessage.self))
  }
}

internal import CProtobufC

@testable import ProtobufC

/// A descriptor of `message Node { Node child = 1; }` made by hand, because the generator refuses
/// recursive messages.
final class RecursiveDescriptor {
  private let message = UnsafeMutablePointer<ProtobufCMessageDescriptor>.allocate(capacity: 1)
  private let field = UnsafeMutablePointer<ProtobufCFieldDescriptor>.allocate(capacity: 1)
  private let ranges = UnsafeMutablePointer<ProtobufCIntRange>.allocate(capacity: 2)
  private let name: UnsafeMutablePointer<CChar>

  init() {
    name = .allocate(capacity: 2)
    name[0] = 0x6E
    name[1] = 0
    ranges[0] = ProtobufCIntRange(start_value: 1, orig_index: 0)
    ranges[1] = ProtobufCIntRange(start_value: 0, orig_index: 1)
    var child = ProtobufCFieldDescriptor()
    child.name = UnsafePointer(name)
    child.id = 1
    child.label = PROTOBUF_C_LABEL_NONE
    child.type = PROTOBUF_C_TYPE_MESSAGE
    child.descriptor = UnsafeRawPointer(message)
    field.initialize(to: child)
    var node = ProtobufCMessageDescriptor()
    node.name = UnsafePointer(name)
    node.sizeof_message = 32
    node.n_fields = 1
    node.fields = UnsafePointer(field)
    node.n_field_ranges = 1
    node.field_ranges = UnsafePointer(ranges)
    message.initialize(to: node)
  }

  deinit {
    message.deallocate()
    field.deallocate()
    ranges.deallocate()
    name.deallocate()
  }

  func check(_ bytes: [UInt8]) throws {
    _ = try bytes.withUnsafeBytes {
      try WireCheck.check($0, as: MessageDescriptor(UnsafeRawPointer(message)), budget: 1 << 20)
    }
  }
}

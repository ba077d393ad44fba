internal import CProtobufC

/// libprotobuf-c's description of one field of a message.
public struct FieldDescriptor: Sendable, Hashable {
  private let constant: StaticConstant<ProtobufCFieldDescriptor>

  init(_ pointer: UnsafePointer<ProtobufCFieldDescriptor>) {
    constant = StaticConstant(pointer: pointer)
  }

  var pointer: UnsafePointer<ProtobufCFieldDescriptor> { constant.pointer }

  /// The name in the proto file: `external_id`.
  public var name: String { String(cString: pointer.pointee.name) }

  /// The field number.
  public var number: UInt32 { pointer.pointee.id }

  /// The declared type.
  public var type: FieldType { FieldType(rawValue: pointer.pointee.type.rawValue) ?? .message }

  /// True for repeated fields and for maps, which are repeated entry messages.
  public var isRepeated: Bool { pointer.pointee.label == PROTOBUF_C_LABEL_REPEATED }

  /// True for members of a oneof and for `optional` fields, each of which is alone in a oneof.
  public var isOneofMember: Bool {
    pointer.pointee.flags & PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue != 0
  }

  /// The offset of the value in the C struct, in bytes. A pointer to the value for strings,
  /// messages and repeated fields.
  public var offset: Int { Int(pointer.pointee.offset) }

  /// The offset in the C struct of the number of elements (`size_t`) of a repeated field, or of the
  /// case (a 32-bit field number) of a oneof. 0 for other fields. Members of one oneof share it.
  public var quantifierOffset: Int { Int(pointer.pointee.quantifier_offset) }

  /// The message type of a field of type message, otherwise nil.
  public var message: MessageDescriptor? {
    type == .message ? MessageDescriptor(pointer.pointee.descriptor) : nil
  }

  /// The enum type of a field of type enum, otherwise nil.
  public var enumeration: EnumDescriptor? {
    type == .enumeration ? EnumDescriptor(pointer.pointee.descriptor) : nil
  }

  /// True for a field that was declared as `map<,>`: its elements are entries of key and value.
  public var isMap: Bool {
    guard isRepeated, let entry = message else { return false }
    let fields = entry.fields
    return entry.shortName == Self.entryName(name) && fields.count == 2
      && fields[0].name == "key" && fields[0].number == 1
      && fields[1].name == "value" && fields[1].number == 2
  }

  /// Returns protoc's name for the entries of the map `name`: `CustomPropertiesEntry` for
  /// `custom_properties`.
  private static func entryName(_ name: String) -> String {
    var result = ""
    var upper = true
    for character in name {
      if character == "_" {
        upper = true
      } else {
        result += upper ? character.uppercased() : String(character)
        upper = false
      }
    }
    return result + "Entry"
  }
}

/// The types of fields. The raw values are libprotobuf-c's.
public enum FieldType: UInt32, Sendable, Hashable {
  /// `int32`.
  case int32 = 0
  /// `sint32`.
  case sint32
  /// `sfixed32`.
  case sfixed32
  /// `int64`.
  case int64
  /// `sint64`.
  case sint64
  /// `sfixed64`.
  case sfixed64
  /// `uint32`.
  case uint32
  /// `fixed32`.
  case fixed32
  /// `uint64`.
  case uint64
  /// `fixed64`.
  case fixed64
  /// `float`.
  case float
  /// `double`.
  case double
  /// `bool`.
  case bool
  /// Any enum.
  case enumeration
  /// `string`.
  case string
  /// `bytes`.
  case bytes
  /// Any message.
  case message
}

/// libprotobuf-c's description of an enum.
public struct EnumDescriptor: Sendable, Hashable {
  private let constant: StaticConstant<ProtobufCEnumDescriptor>

  init(_ pointer: UnsafeRawPointer) {
    constant = StaticConstant(
      pointer: pointer.assumingMemoryBound(to: ProtobufCEnumDescriptor.self)
    )
  }

  var pointer: UnsafePointer<ProtobufCEnumDescriptor> { constant.pointer }

  /// The full proto name: `patron.v1.Gender`.
  public var name: String { String(cString: pointer.pointee.name) }

  /// The values without aliases, sorted by number.
  public var values: [(name: String, number: Int32)] {
    (0..<Int(pointer.pointee.n_values)).map {
      let value = pointer.pointee.values[$0]
      return (String(cString: value.name), value.value)
    }
  }

  /// Returns the number of the value with this name (`GENDER_FEMALE`), or nil.
  public func number(named name: String) -> Int32? {
    name.withCString { protobuf_c_enum_descriptor_get_value_by_name(pointer, $0) }?.pointee.value
  }

  /// Returns the name of the value with this number, or nil.
  public func name(of number: Int32) -> String? {
    cName(of: number).map { String(cString: $0) }
  }

  /// Returns ``name(of:)`` as a constant of the generated code, valid for the life of the process.
  func cName(of number: Int32) -> UnsafePointer<CChar>? {
    protobuf_c_enum_descriptor_get_value(pointer, number)?.pointee.name
  }
}

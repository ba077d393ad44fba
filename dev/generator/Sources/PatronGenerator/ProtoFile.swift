internal import SwiftProtobuf

/// One proto file, with the comments attached to their declarations.
struct ProtoFile {
  var name: String
  var package: String
  var comment: String
  var messages: [ProtoMessage]
  var enums: [ProtoEnum]
  var services: [ProtoService]

  /// Every message of the file, outer ones before inner ones.
  var allMessages: [ProtoMessage] { messages.flatMap(\.withNested) }

  /// Every enum of the file.
  var allEnums: [ProtoEnum] { enums + allMessages.flatMap(\.enums) }
}

struct ProtoMessage {
  var fullName: String
  var name: String
  var comment: String
  var fields: [ProtoField]
  /// Without the synthetic oneofs of `optional` fields.
  var oneofs: [ProtoOneof]
  /// Without the entries of maps.
  var messages: [ProtoMessage]
  var enums: [ProtoEnum]
  var reserved: [String]

  var withNested: [ProtoMessage] { [self] + messages.flatMap(\.withNested) }

  /// The fields that are not members of a oneof.
  var plainFields: [ProtoField] { fields.filter { $0.oneof == nil } }

  /// The entry messages of this message's maps.
  var mapEntryNames: [String] { fields.filter { $0.map != nil }.map(\.typeName) }
}

struct ProtoField {
  typealias Kind = Google_Protobuf_FieldDescriptorProto.TypeEnum

  var name: String
  /// The full name of the field: the message's and its own.
  var fullName: String
  var number: Int32
  var type: Kind
  /// Full name of the message or enum type; empty for scalars.
  var typeName: String
  var isRepeated: Bool
  /// Declared `optional`.
  var isOptional: Bool
  /// Index into the message's oneofs.
  var oneof: Int?
  /// The key and value of a map field.
  var map: MapEntry?
  var comment: String
}

struct ProtoOneof {
  var name: String
  var fullName: String
  var comment: String
  var fields: [ProtoField]
}

/// The two fields of a map's entry message. A class because fields hold entries of fields.
final class MapEntry {
  let key: ProtoField
  let value: ProtoField

  init(key: ProtoField, value: ProtoField) {
    self.key = key
    self.value = value
  }
}

struct ProtoEnum {
  struct Value {
    var name: String
    var number: Int32
    var comment: String
  }

  var fullName: String
  var name: String
  var comment: String
  var values: [Value]
}

struct ProtoService {
  var fullName: String
  var name: String
  var comment: String
  var methods: [ProtoMethod]
}

struct ProtoMethod {
  typealias Idempotency = Google_Protobuf_MethodOptions.IdempotencyLevel

  var name: String
  var input: String
  var output: String
  var clientStreaming: Bool
  var serverStreaming: Bool
  var idempotency: Idempotency
  /// The scope that a key needs; empty if the method names none.
  var scope: String
  var comment: String
}

/// The reason for which nothing was generated.
public struct GeneratorError: Error, CustomStringConvertible {
  /// One line for protoc to show.
  public let description: String

  init(_ description: String) { self.description = description }
}

internal import SwiftProtobuf

/// The option `(patron.v1.scope)` of a method: the scope that a key needs to call it. Name and
/// number are those of `proto/patron/v1/options.proto`.
enum ScopeOption {
  private static let field = MessageExtension<
    OptionalExtensionField<ProtobufString>, Google_Protobuf_MethodOptions
  >(_protobuf_fieldNumber: 71_311, fieldName: "patron.v1.scope")

  /// Makes decoders keep the option.
  static let extensions: SimpleExtensionMap = [field]

  /// Returns the scope, or an empty text if the method names none.
  static func scope(of method: Google_Protobuf_MethodDescriptorProto) -> String {
    method.options.getExtensionValue(ext: field) ?? ""
  }

  /// Returns true for files that only options need: they declare options, or what options extend.
  /// Nothing is generated for them.
  static func isDeclared(in file: Google_Protobuf_FileDescriptorProto) -> Bool {
    file.name == "google/protobuf/descriptor.proto" || !file.extension.isEmpty
  }

  /// Throws if a method of `files` names no scope: such a method could not be refused to anyone.
  static func check(_ files: [ProtoFile]) throws {
    for service in files.flatMap(\.services) {
      for method in service.methods where method.scope.isEmpty {
        throw GeneratorError(
          "\(service.fullName).\(method.name): name the scope that a key needs, such as"
            + " option (patron.v1.scope) = \"customers:read\";"
        )
      }
    }
  }
}

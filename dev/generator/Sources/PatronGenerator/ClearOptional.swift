internal import SwiftProtobuf

/// Removes what protoc-gen-c 1.4 refuses and C code does not need: the mark of proto3 `optional`,
/// without which such a field is the only member of a oneof, as it is on the wire; the options of
/// methods, and the files that declare them, so that no C code of descriptor.proto is needed.
public enum ClearOptional {
  /// Returns the descriptor set without these, and without comments and paths.
  public static func apply(to descriptorSet: [UInt8]) throws -> [UInt8] {
    var set = try Google_Protobuf_FileDescriptorSet(serializedBytes: descriptorSet)
    let options = Set(set.file.filter(ScopeOption.isDeclared).map(\.name))
    set.file.removeAll { options.contains($0.name) }
    for index in set.file.indices {
      set.file[index].clearSourceCodeInfo()
      try clear(options, in: &set.file[index])
      for message in set.file[index].messageType.indices {
        clear(&set.file[index].messageType[message])
      }
    }
    return try set.serializedBytes()
  }

  private static func clear(
    _ options: Set<String>,
    in file: inout Google_Protobuf_FileDescriptorProto
  ) throws {
    // Public and weak imports are indices into the list of imports.
    guard file.publicDependency.isEmpty, file.weakDependency.isEmpty else {
      throw GeneratorError("\(file.name): public and weak imports are not supported")
    }
    file.dependency.removeAll { options.contains($0) }
    for service in file.service.indices {
      for method in file.service[service].method.indices {
        file.service[service].method[method].clearOptions()
      }
    }
  }

  private static func clear(_ message: inout Google_Protobuf_DescriptorProto) {
    for index in message.field.indices { message.field[index].clearProto3Optional() }
    for index in message.nestedType.indices { clear(&message.nestedType[index]) }
  }
}

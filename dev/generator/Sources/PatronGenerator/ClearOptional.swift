internal import SwiftProtobuf

/// Removes the mark of proto3 `optional`, which protoc-gen-c 1.4 refuses. Without the mark such a
/// field is the only member of a oneof, as it is on the wire.
public enum ClearOptional {
  /// Returns the descriptor set without the marks, and without comments and paths.
  public static func apply(to descriptorSet: [UInt8]) throws -> [UInt8] {
    var set = try Google_Protobuf_FileDescriptorSet(serializedBytes: descriptorSet)
    for index in set.file.indices {
      set.file[index].clearSourceCodeInfo()
      for message in set.file[index].messageType.indices {
        clear(&set.file[index].messageType[message])
      }
    }
    return try set.serializedBytes()
  }

  private static func clear(_ message: inout Google_Protobuf_DescriptorProto) {
    for index in message.field.indices { message.field[index].clearProto3Optional() }
    for index in message.nestedType.indices { clear(&message.nestedType[index]) }
  }
}

import Foundation
import TestKit

/// Python's protobuf package, as a second decoder.
struct PythonDecoder {
  struct Failed: Error, CustomStringConvertible {
    var description: String
  }

  private static let protoc = Tool.find("protoc")

  /// The reason why there is no second decoder here, or nil if there is one.
  static var obstacle: String? {
    if Tool.pythonWithProtobuf == nil { return "no python3 with the package protobuf" }
    return protoc == nil ? "no protoc" : nil
  }

  /// Decodes messages, each with its full proto name, and returns them as JSON.
  static func json(of messages: [(type: String, bytes: [UInt8])]) throws -> [String] {
    guard let python = Tool.pythonWithProtobuf, let protoc else {
      throw Failed(description: obstacle ?? "")
    }
    let directory = TemporaryDirectory()
    let descriptors = directory.file("descriptors")
    let proto = RepositoryRoot.file("proto")
    let compiled = try Tool.run(
      protoc,
      [
        "-I\(proto)", "-I\(proto)/third_party", "--include_imports",
        "--descriptor_set_out=\(descriptors)", "patron/v1/timeline.proto",
        "patron/v1/customers.proto",
      ]
    )
    guard compiled.status == 0 else { throw Failed(description: compiled.errors) }
    let lines = messages.map { "\($0.type) \(Data($0.bytes).base64EncodedString())" }
    let input = try directory.write("messages", lines.joined(separator: "\n"))
    let answer = try Tool.run(python, ["-c", script, descriptors, input])
    guard answer.status == 0 else { throw Failed(description: answer.errors) }
    return answer.text.split(separator: "\n").map(String.init)
  }

  private static let script = """
    import base64, sys
    from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(open(sys.argv[1], "rb").read()).file:
        pool.Add(file)
    for line in open(sys.argv[2]):
        name, packed = line.split(" ")
        type = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
        message = type.FromString(base64.b64decode(packed))
        print(json_format.MessageToJson(message, indent=None, descriptor_pool=pool))
    """
}

import Foundation
import TestKit

/// Python's protobuf package as a second decoder.
struct PythonDecoder {
  struct Failed: Error, CustomStringConvertible {
    var description: String
  }

  /// The interpreter that the development scripts set up, else the system's.
  private static let python =
    ([RepositoryRoot.file(".build-tools/venv/bin/python3")] + search("python3")).first {
      run($0, ["-c", "import google.protobuf.json_format"]).status == 0
    }
  private static let protoc = search("protoc").first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// Why there is no second decoder here; nil when there is one.
  static var obstacle: String? {
    if python == nil { return "no python3 with the package protobuf" }
    return protoc == nil ? "no protoc" : nil
  }

  /// Decodes messages, each with its full proto name, and returns them as JSON.
  static func json(of messages: [(type: String, bytes: [UInt8])]) throws -> [String] {
    guard let python, let protoc else { throw Failed(description: obstacle ?? "") }
    let directory = TemporaryDirectory()
    let descriptors = directory.file("descriptors")
    let proto = RepositoryRoot.file("proto")
    let compiled = run(
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
    let answer = run(python, ["-c", script, descriptors, input])
    guard answer.status == 0 else { throw Failed(description: answer.errors) }
    return answer.output.split(separator: "\n").map(String.init)
  }

  private static func search(_ name: String) -> [String] {
    (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
      .map { "\($0)/\(name)" }
  }

  private static func run(
    _ program: String,
    _ arguments: [String]
  ) -> (status: Int32, output: String, errors: String) {
    // Files rather than pipes: neither side can block the other.
    let directory = TemporaryDirectory()
    let files = ["out", "err"].map { directory.file($0) }
    for file in files { _ = FileManager.default.createFile(atPath: file, contents: nil) }
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: files[0])
    process.standardError = FileHandle(forWritingAtPath: files[1])
    guard FileManager.default.isExecutableFile(atPath: program), (try? process.run()) != nil else {
      return (-1, "", "it did not start")
    }
    process.waitUntilExit()
    let texts = files.map { (try? String(contentsOfFile: $0, encoding: .utf8)) ?? "" }
    return (process.terminationStatus, texts[0], texts[1])
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

import Foundation
import TestKit

/// Python's protobuf package as a second opinion on the JSON mapping.
struct JSONPeer {
  private let python: String
  /// The file of the messages' descriptors, as protoc writes them.
  private let descriptors: String
  private let directory: TemporaryDirectory

  /// The reason why there is no peer, or no answer of it.
  struct Missing: Error, CustomStringConvertible {
    var description: String
  }

  /// The reason why the peer cannot be used here, or nil if it can.
  static let obstacle: String? =
    if Tool.pythonWithProtobuf == nil {
      "no python3 with the package protobuf; run dev/install --tests"
    } else if Tool.find("protoc") == nil {
      "no protoc; run dev/install --tests"
    } else {
      nil
    }

  /// Creates a peer that knows the messages of `files`, paths below `includes`.
  init(files: [String], includes: [String]) throws {
    guard let python = Tool.pythonWithProtobuf, let protoc = Tool.find("protoc") else {
      throw Missing(description: Self.obstacle ?? "")
    }
    self.python = python
    directory = TemporaryDirectory()
    descriptors = directory.file("descriptors.bin")
    let arguments =
      includes.map { "-I\($0)" }
      + ["--include_imports", "--descriptor_set_out=\(descriptors)"] + files
    let result = try Tool.run(protoc, arguments)
    guard result.status == 0 else {
      throw Missing(description: "protoc failed: \(result.errors)")
    }
  }

  /// One message for the peer.
  struct Question: Encodable {
    var type: String
    var packed: String
    var json: String
  }

  /// The peer's answer: an error, or the same message in its own JSON, in several spellings.
  struct Answer: Decodable {
    var error: String?
    var texts: [String]
  }

  func ask(_ questions: [Question]) throws -> [Answer] {
    let script = try directory.write("peer.py", Self.script)
    let input = try JSONEncoder().encode(questions)
    let result = try Tool.run(python, [script, descriptors], input: [UInt8](input))
    guard result.status == 0 else {
      throw Missing(description: "the peer failed: \(result.errors)")
    }
    return try JSONDecoder().decode([Answer].self, from: Data(result.output))
  }

  private static let script = """
    import base64, json, sys
    from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

    pool = descriptor_pool.DescriptorPool()
    files = descriptor_pb2.FileDescriptorSet.FromString(open(sys.argv[1], "rb").read())
    for file in files.file:
        pool.Add(file)

    def texts(message):
        for options in ({}, {"preserving_proto_field_name": True},
                        {"use_integers_for_enums": True, "indent": None},
                        {"always_print_fields_with_no_presence": True, "ensure_ascii": False}):
            yield json_format.MessageToJson(message, descriptor_pool=pool, sort_keys=True, **options)

    def answer(question):
        try:
            type = message_factory.GetMessageClass(pool.FindMessageTypeByName(question["type"]))
            wanted = type.FromString(base64.b64decode(question["packed"]))
            read = json_format.Parse(question["json"], type(), descriptor_pool=pool)
            if read.SerializeToString(deterministic=True) != \\
                    wanted.SerializeToString(deterministic=True):
                return {"error": "read as %r, expected %r" % (read, wanted), "texts": []}
            return {"error": None, "texts": list(texts(wanted))}
        except Exception as error:
            return {"error": "%s" % error, "texts": []}

    json.dump([answer(question) for question in json.load(sys.stdin)], sys.stdout)
    """
}

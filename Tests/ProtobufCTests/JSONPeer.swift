import Foundation
import TestKit

/// Python's protobuf package as a second opinion on the JSON mapping.
struct JSONPeer {
  /// The interpreter, with `google.protobuf` in it.
  let python: URL
  /// The descriptors of the messages, as protoc writes them.
  let descriptors: URL

  /// The reason why there is no peer on this machine.
  struct Missing: Error, CustomStringConvertible {
    var description: String
  }

  static let root = URL(filePath: RepositoryRoot.path)

  /// Returns the interpreter that `dev/install --tests` sets up, else the system's, or the reason
  /// why there is none.
  static func findPython() -> Result<URL, Missing> {
    let own = root.appending(path: ".build-tools/venv/bin/python3")
    for candidate in [own] + searchPath("python3") {
      guard FileManager.default.isExecutableFile(atPath: candidate.path) else { continue }
      let probe = run(candidate, ["-c", "import google.protobuf.json_format"])
      if probe?.status == 0 { return .success(candidate) }
    }
    return .failure(
      Missing(description: "no python3 with the package protobuf; run dev/install --tests")
    )
  }

  static func findProtoc() -> Result<URL, Missing> {
    let found = searchPath("protoc").first {
      FileManager.default.isExecutableFile(atPath: $0.path)
    }
    return found.map { .success($0) }
      ?? .failure(Missing(description: "no protoc; run dev/install --tests"))
  }

  /// The reason why the peer cannot be used here, or nil if it can.
  static var obstacle: String? {
    if case .failure(let missing) = findPython() { return missing.description }
    if case .failure(let missing) = findProtoc() { return missing.description }
    return nil
  }

  /// Creates a peer that knows the messages of `files`, paths below `includes`.
  init(files: [String], includes: [URL], directory: URL) throws {
    python = try Self.findPython().get()
    descriptors = directory.appending(path: "descriptors.bin")
    let arguments =
      includes.map { "-I\($0.path)" }
      + ["--include_imports", "--descriptor_set_out=\(descriptors.path)"] + files
    let result = Self.run(try Self.findProtoc().get(), arguments)
    guard result?.status == 0 else {
      throw Missing(description: "protoc failed: \(result?.errors ?? "it did not start")")
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
    let script = descriptors.deletingLastPathComponent().appending(path: "peer.py")
    try Self.script.write(to: script, atomically: true, encoding: .utf8)
    let input = try JSONEncoder().encode(questions)
    let result = Self.run(python, [script.path, descriptors.path], input: input)
    guard let result, result.status == 0 else {
      throw Missing(description: "the peer failed: \(result?.errors ?? "it did not start")")
    }
    return try JSONDecoder().decode([Answer].self, from: result.output)
  }

  private static func searchPath(_ name: String) -> [URL] {
    (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
      .map { URL(filePath: String($0)).appending(path: name) }
  }

  private static func run(_ program: URL, _ arguments: [String], input: Data = Data())
    -> (status: Int32, output: Data, errors: String)?
  {
    // Files rather than pipes, so that neither side can block the other.
    let directory = TemporaryDirectory()
    let files = ["in", "out", "err"].map { URL(filePath: directory.file($0)) }
    for file in files { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
    try? input.write(to: files[0])
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.standardInput = try? FileHandle(forReadingFrom: files[0])
    process.standardOutput = try? FileHandle(forWritingTo: files[1])
    process.standardError = try? FileHandle(forWritingTo: files[2])
    guard (try? process.run()) != nil else { return nil }
    process.waitUntilExit()
    let output = (try? Data(contentsOf: files[1])) ?? Data()
    let errors = (try? String(contentsOf: files[2], encoding: .utf8)) ?? ""
    return (process.terminationStatus, output, errors)
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

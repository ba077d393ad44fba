import Foundation

/// Programs of the system that tests run, such as python3 and protoc.
package enum Tool {
  /// The outcome of a program that ran to its end.
  package struct Outcome: Sendable {
    package let status: Int32
    package let output: [UInt8]
    package let errors: String

    /// The output as text.
    package var text: String { String(decoding: output, as: UTF8.self) }
  }

  /// The Python that `dev/install --tests` sets up, else one in `PATH`, that has the package
  /// protobuf; nil if none has.
  package static let pythonWithProtobuf: String? = {
    let own = RepositoryRoot.file(".build-tools/venv/bin/python3")
    return ([own] + candidates("python3")).first { path in
      FileManager.default.isExecutableFile(atPath: path)
        && (try? run(path, ["-c", "import google.protobuf.json_format"]))?.status == 0
    }
  }()

  /// Returns the path of a program in `PATH`, or nil if there is none.
  package static func find(_ name: String) -> String? {
    candidates(name).first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  private static func candidates(_ name: String) -> [String] {
    (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
      .map { "\($0)/\(name)" }
  }

  /// Runs a program and waits for its end, whatever its status is. Throws if it does not start.
  package static func run(
    _ path: String,
    _ arguments: [String],
    input: [UInt8] = []
  ) throws -> Outcome {
    // Files rather than pipes, so that neither side can block the other.
    let directory = TemporaryDirectory()
    let files = ["in", "out", "err"].map { URL(filePath: directory.file($0)) }
    for file in files { try Data().write(to: file) }
    try Data(input).write(to: files[0])
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus,
      output: [UInt8](try Data(contentsOf: files[1])),
      errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
    )
  }
}

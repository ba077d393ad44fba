import Foundation
import TestKit

/// The server of the `openssl` program with one certificate on a free port of 127.0.0.1. It takes
/// certificates that Patron's own server refuses.
final class OpenSSLServer {
  let port: Int
  private let process: Process
  private let directory = TemporaryDirectory()

  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  /// Starts the server and waits until it listens.
  init(_ pair: TestCertificates.Pair) async throws {
    let output = URL(filePath: try directory.write("output", ""))
    process = Process()
    process.executableURL = TestCertificates.openssl.map { URL(filePath: $0) }
    process.arguments = [
      "s_server", "-accept", "127.0.0.1:0", "-cert", pair.certificate, "-key", pair.key,
    ]
    process.standardInput = Pipe()
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = FileHandle.nullDevice
    try process.run()
    let end = ContinuousClock.now + .seconds(300)
    while true {
      let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
      if let line = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        .first(where: { $0.hasPrefix("ACCEPT ") }),
        let port = line.split(separator: ":").last.flatMap({ Int($0) })
      {
        self.port = port
        return
      }
      guard process.isRunning, ContinuousClock.now < end else {
        kill(process.processIdentifier, SIGKILL)
        throw Problem(description: "openssl s_server does not listen: \(text)")
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Kills the program: it may have been told to ignore SIGTERM, as this process is.
  func stop() {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}

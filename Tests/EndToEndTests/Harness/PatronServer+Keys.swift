import Foundation
import TestKit

extension PatronServer {
  /// Starts a server that wants keys, over TLS if `certificate` is given.
  static func startWithKeys(
    data: String,
    listen: String = "127.0.0.1:0",
    certificate: TestCertificates.Pair? = nil
  ) async throws -> PatronServer {
    var flags = ["--auth", "keys"]
    if let certificate {
      flags += ["--tls-cert", certificate.certificate, "--tls-key", certificate.key]
    }
    return try await start(data: data, listen: listen, flags: flags)
  }

  /// Makes a key on the server's data directory, and returns its text.
  static func makeKey(data: String, scopes: String) async throws -> String {
    let run = try await Programs.patrond(["keys", "create", "--data", data, "--scopes", scopes])
    guard run.exit == .status(0) else { throw HarnessError("patrond keys create: \(run.errors)") }
    return run.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

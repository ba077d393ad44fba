import Foundation
import Synchronization

/// Certificates for tests, made by the `openssl` program in a temporary directory. Keys are P-256.
package final class TestCertificates: Sendable {
  /// A certificate and its key, as paths of PEM files. They stay while the pair is held.
  package struct Pair: Sendable {
    package let certificate: String
    package let key: String
    fileprivate let directory: TemporaryDirectory
  }

  /// The role for which a certificate is made.
  package enum Purpose: String, Sendable {
    case server = "serverAuth"
    case client = "clientAuth"
  }

  package struct Problem: Error, CustomStringConvertible {
    package let description: String
  }

  /// The path of the `openssl` program, or nil if it is missing.
  package static let openssl = Tool.find("openssl")

  /// The subject alternative names of servers on this machine.
  package static let local = ["DNS:localhost", "IP:127.0.0.1", "IP:::1"]

  private let directory = TemporaryDirectory()
  private let authorities = Mutex<[String: Pair]>([:])

  package init() {}

  /// The certificate and key of the authority `name`, made when it is first asked for.
  package func authority(_ name: String = "authority") throws -> Pair {
    try authorities.withLock { authorities in
      if let made = authorities[name] { return made }
      let pair = self.pair(name)
      let settings = try directory.write("\(name).settings", Self.settings(of: name))
      try Self.run(
        Self.newKey(pair.key) + ["-x509", "-days", "30"]
          + ["-config", settings, "-extensions", "authority", "-out", pair.certificate]
      )
      authorities[name] = pair
      return pair
    }
  }

  /// Makes a certificate with these subject alternative names. It is valid for `days` days from now,
  /// or has expired if that is negative. Every certificate of this object needs a `name` of its own.
  package func make(
    _ name: String,
    _ purpose: Purpose = .server,
    names: [String] = TestCertificates.local,
    authority: String = "authority",
    days: Int = 30
  ) throws -> Pair {
    let issuer = try self.authority(authority)
    let pair = self.pair(name)
    let settings = try directory.write("\(name).settings", Self.settings(of: name))
    let alternatives = names.isEmpty ? "" : "subjectAltName=\(names.joined(separator: ","))\n"
    let extensions = try directory.write(
      "\(name).extensions",
      """
      basicConstraints=critical,CA:FALSE
      keyUsage=critical,digitalSignature
      extendedKeyUsage=\(purpose.rawValue)
      \(alternatives)
      """
    )
    let request = directory.file("\(name).request")
    try Self.run(Self.newKey(pair.key) + ["-config", settings, "-out", request])
    try Self.run(
      ["x509", "-req", "-in", request, "-CA", issuer.certificate, "-CAkey", issuer.key]
        + ["-set_serial", String(UInt32.random(in: 1...UInt32.max)), "-days", "\(days)"]
        + ["-extfile", extensions, "-out", pair.certificate]
    )
    return pair
  }

  /// Returns the path of another file beside the certificates.
  package func file(_ name: String) -> String { directory.file(name) }

  private func pair(_ name: String) -> Pair {
    Pair(
      certificate: directory.file("\(name).pem"),
      key: directory.file("\(name).key"),
      directory: directory
    )
  }

  private static func newKey(_ path: String) -> [String] {
    ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path]
  }

  private static func settings(of name: String) -> String {
    """
    [req]
    distinguished_name=subject
    prompt=no
    [subject]
    CN=\(name) of a test
    [authority]
    basicConstraints=critical,CA:TRUE
    keyUsage=critical,keyCertSign,cRLSign
    subjectKeyIdentifier=hash
    """
  }

  private static func run(_ arguments: [String]) throws {
    guard let openssl else {
      throw Problem(description: "there is no openssl in PATH: run dev/install --tests")
    }
    let outcome = try Tool.run(openssl, arguments)
    guard outcome.status == 0 else {
      throw Problem(description: "openssl \(arguments.joined(separator: " ")): \(outcome.errors)")
    }
  }
}

extension TestCertificates {
  /// The certificates that most tests need, made once for the process.
  package struct Common: Sendable {
    package let certificates: TestCertificates
    package let authority: Pair
    package let server: Pair
    /// Names `URI:patron://client/checkout` and `DNS:checkout.example.com`.
    package let client: Pair
  }

  private static let made: Result<Common, any Error> = Result {
    let certificates = TestCertificates()
    atexit {
      guard case .success(let common) = TestCertificates.made else { return }
      try? FileManager.default.removeItem(atPath: common.certificates.directory.path)
    }
    return Common(
      certificates: certificates,
      authority: try certificates.authority(),
      server: try certificates.make("server"),
      client: try certificates.make(
        "client",
        .client,
        names: ["URI:patron://client/checkout", "DNS:checkout.example.com"]
      )
    )
  }

  /// Returns the common certificates.
  package static func common() throws -> Common { try made.get() }
}

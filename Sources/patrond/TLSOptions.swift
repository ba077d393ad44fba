import ArgumentParser
import TTRPCNIO

/// The flags of transport security: certificates, and the addresses that may go without.
struct TLSOptions: ParsableArguments {
  @Option(help: .setting("tls-cert", saysDefault: false)) var tlsCert: String?
  @Option(help: .setting("tls-key", saysDefault: false)) var tlsKey: String?
  @Option(help: .setting("tls-client-ca")) var tlsClientCa: String?
  @Option(help: .setting("tls-min-version")) var tlsMinVersion: String?
  @Option(help: .setting("tls-handshake-timeout-ms")) var tlsHandshakeTimeoutMs: Int?
  @Option(help: .setting("tls-max-handshakes")) var tlsMaxHandshakes: Int?
  @Option(help: .setting("unix-socket-mode")) var unixSocketMode: String?
  @Flag(help: .setting("insecure-listen", saysDefault: false)) var insecureListen = false

  func validate() throws {
    if tlsCert != nil, tlsKey == nil {
      throw ValidationError("--tls-cert needs --tls-key, the private key of the certificate.")
    }
    if tlsCert == nil, tlsKey != nil {
      throw ValidationError("--tls-key needs --tls-cert, the certificate of the key.")
    }
    if tlsCert == nil, tlsClientCa != nil {
      throw ValidationError(
        "--tls-client-ca needs --tls-cert and --tls-key: clients show certificates in TLS only."
      )
    }
    _ = try settings()
    _ = try socketMode()
  }

  /// Returns the settings for TLS, or nil without a certificate.
  ///
  /// - Throws: a usage error if a value is out of range.
  func settings() throws -> ServerTLS? {
    let version = tlsMinVersion ?? "1.3"
    guard let minVersion = ServerTLS.Version(rawValue: version) else {
      throw ValidationError("--tls-min-version is \(version); expected 1.2 or 1.3.")
    }
    if let tlsHandshakeTimeoutMs {
      try Setting.check(tlsHandshakeTimeoutMs, "tls-handshake-timeout-ms")
    }
    if let tlsMaxHandshakes { try Setting.check(tlsMaxHandshakes, "tls-max-handshakes") }
    guard let tlsCert, let tlsKey else { return nil }
    var settings = ServerTLS(certificateFile: tlsCert, keyFile: tlsKey, clientCAFile: tlsClientCa)
    settings.minVersion = minVersion
    if let tlsHandshakeTimeoutMs {
      settings.handshakeTimeout = .milliseconds(tlsHandshakeTimeoutMs)
    }
    if let tlsMaxHandshakes { settings.maxHandshakes = tlsMaxHandshakes }
    return settings
  }

  /// Returns the address of one `--listen`: with a certificate that of TLS, unless it begins with
  /// `plain:`.
  ///
  /// - Throws: a usage error for an address that cannot be read, or that needs TLS and has none.
  func address(_ text: String) throws -> ListenAddress {
    let isPlain = text.hasPrefix("plain:")
    let address: ListenAddress
    do {
      address = try ListenAddress(parsing: isPlain ? String(text.dropFirst(6)) : text)
    } catch {
      throw ValidationError("--listen \(text): \(error)")
    }
    switch address {
    case .unix where isPlain, .tls where isPlain:
      throw ValidationError("--listen \(text): plain: is for HOST:PORT only.")
    case .unix(let path, _):
      return .unix(path: path, mode: try socketMode())
    case .tls:
      guard tlsCert != nil else {
        throw ValidationError("--listen \(text): TLS needs --tls-cert and --tls-key.")
      }
      return address
    case .tcp(let host, let port):
      if tlsCert != nil, !isPlain { return .tls(host: host, port: port) }
      guard address.isLocal || insecureListen else { throw needsTLS(text) }
      return address
    }
  }

  private func needsTLS(_ text: String) -> ValidationError {
    ValidationError(
      "--listen \(text): other machines can reach this address, and connections to it are not "
        + "encrypted. Add --tls-cert and --tls-key, use 127.0.0.1 or unix:PATH, or add "
        + "--insecure-listen on a network that you trust."
    )
  }

  private func socketMode() throws -> UInt16 {
    let text = unixSocketMode ?? "0600"
    guard text.utf8.allSatisfy({ (0x30...0x37).contains($0) }), let mode = UInt16(text, radix: 8),
      mode <= 0o777, mode & 0o600 == 0o600
    else {
      throw ValidationError(
        "--unix-socket-mode is \(text); expected an octal number from 0600 to 0777 with which the "
          + "server's own user may read and write."
      )
    }
    return mode
  }
}

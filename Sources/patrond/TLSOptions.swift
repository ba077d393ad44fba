import ArgumentParser
import TTRPCNIO

/// The flags of transport security: certificates, and the addresses that may go without.
struct TLSOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Certificate of the server in PEM, followed by those between it and the root. With it every "
        + "TCP listener speaks TLS. Also PATRON_TLS_CERT.",
      valueName: "file"
    )
  )
  var tlsCert: String?

  @Option(
    help: ArgumentHelp(
      "Private key of the certificate, in PEM without a passphrase. Also PATRON_TLS_KEY.",
      valueName: "file"
    )
  )
  var tlsKey: String?

  @Option(
    help: ArgumentHelp(
      "Authorities in PEM of which every client needs a certificate. (default: clients need none) "
        + "Also PATRON_TLS_CLIENT_CA.",
      valueName: "file"
    )
  )
  var tlsClientCa: String?

  @Option(
    help: ArgumentHelp(
      "Oldest version of TLS that is accepted, 1.2 or 1.3. Also PATRON_TLS_MIN_VERSION. "
        + "(default: 1.3)",
      valueName: "version"
    )
  )
  var tlsMinVersion: String?

  @Option(
    help: ArgumentHelp(
      "Time for a TLS handshake. Also PATRON_TLS_HANDSHAKE_TIMEOUT_MS. (default: 5000)",
      valueName: "milliseconds"
    )
  )
  var tlsHandshakeTimeoutMs: Int?

  @Option(
    help: ArgumentHelp(
      "Maximum number of TLS handshakes at once; further ones wait. Also "
        + "PATRON_TLS_MAX_HANDSHAKES. (default: 256)",
      valueName: "count"
    )
  )
  var tlsMaxHandshakes: Int?

  @Option(
    help: ArgumentHelp(
      "Permissions of Unix sockets, in octal: 0600 for the server's user, 0660 for its group too. "
        + "Also PATRON_UNIX_SOCKET_MODE. (default: 0600)",
      valueName: "mode"
    )
  )
  var unixSocketMode: String?

  @Flag(
    help: ArgumentHelp(
      "Allow addresses without TLS that other machines can reach. Others on the way can then read "
        + "and change everything."
    )
  )
  var insecureListen = false

  private var certificate: String? { tlsCert ?? Environment.value("PATRON_TLS_CERT") }
  private var key: String? { tlsKey ?? Environment.value("PATRON_TLS_KEY") }
  private var clientCA: String? { tlsClientCa ?? Environment.value("PATRON_TLS_CLIENT_CA") }

  func validate() throws {
    if certificate != nil, key == nil {
      throw ValidationError("--tls-cert needs --tls-key, the private key of the certificate.")
    }
    if certificate == nil, key != nil {
      throw ValidationError("--tls-key needs --tls-cert, the certificate of the key.")
    }
    if certificate == nil, clientCA != nil {
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
    let version = tlsMinVersion ?? Environment.value("PATRON_TLS_MIN_VERSION") ?? "1.3"
    guard let minVersion = ServerTLS.Version(rawValue: version) else {
      throw ValidationError("--tls-min-version is \(version); expected 1.2 or 1.3.")
    }
    let millis = try number(
      tlsHandshakeTimeoutMs,
      "tls-handshake-timeout-ms",
      "PATRON_TLS_HANDSHAKE_TIMEOUT_MS",
      100...60_000
    )
    let count = try number(
      tlsMaxHandshakes,
      "tls-max-handshakes",
      "PATRON_TLS_MAX_HANDSHAKES",
      1...65_536
    )
    guard let certificate, let key else { return nil }
    var settings = ServerTLS(certificateFile: certificate, keyFile: key, clientCAFile: clientCA)
    settings.minVersion = minVersion
    if let millis { settings.handshakeTimeout = .milliseconds(millis) }
    if let count { settings.maxHandshakes = count }
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
      guard certificate != nil else {
        throw ValidationError("--listen \(text): TLS needs --tls-cert and --tls-key.")
      }
      return address
    case .tcp(let host, let port):
      if certificate != nil, !isPlain { return .tls(host: host, port: port) }
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
    let text = unixSocketMode ?? Environment.value("PATRON_UNIX_SOCKET_MODE") ?? "0600"
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

  private func number(
    _ value: Int?,
    _ flag: String,
    _ variable: String,
    _ range: ClosedRange<Int>
  ) throws -> Int? {
    let text = value.map { String($0) } ?? Environment.value(variable)
    guard let text else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw ValidationError(
        "--\(flag) (\(variable)) is \(text); expected \(range.lowerBound) to \(range.upperBound)."
      )
    }
    return number
  }
}

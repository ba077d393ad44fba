import NIOCore
import NIOSSL
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The certificate, key and client authorities with which handshakes begin. Usable on any thread.
///
/// ``check(now:)`` looks at the files and replaces all three together. Resumption tickets of
/// clients belong to what was replaced, so that no client passes with a certificate of an authority
/// that is gone.
final class ServerCertificates: Sendable {
  let settings: ServerTLS
  private let state: Mutex<State>

  private struct State {
    var loaded: Loaded
    /// Contents that were not accepted, once. Files that are replaced one by one look so for a
    /// moment.
    var suspected: ServerCertificateFiles?
    /// Contents of which the operator knows that they are not accepted.
    var rejected: ServerCertificateFiles?
    var warnedAt: Int?
    /// True if the operator knows that others can read the key.
    var isExposureKnown = false
  }

  private struct Loaded {
    let context: NIOSSLContext
    let files: ServerCertificateFiles
    /// The time, in seconds since 1970, at which the first certificate of the chain expires.
    let expiry: Int
  }

  /// The time before the expiry, in seconds, from which on the operator is warned, once a day.
  static let warningTime = 14 * day
  private static let day = 86_400

  /// Reads the files. Throws if they are missing, do not fit each other, or have expired.
  init(_ settings: ServerTLS, now: Int = ServerCertificates.now()) throws(ListenError) {
    self.settings = settings
    let loaded = try Self.load(ServerCertificateFiles(settings), settings, now)
    state = Mutex(State(loaded: loaded))
  }

  /// The settings for the next handshake.
  var context: NIOSSLContext { state.withLock { $0.loaded.context } }

  /// The time at which the first certificate of the chain expires, in seconds since 1970.
  var expiry: Int { state.withLock { $0.loaded.expiry } }

  /// Looks at the files and takes what has changed. Returns lines for the operator: new
  /// certificates, files that are not accepted, a key that others can read, an expiry that is near.
  /// Blocks for the time of the disk.
  func check(now: Int = ServerCertificates.now()) -> [String] {
    let files = ServerCertificateFiles(settings)
    return state.withLock { state in
      var lines: [String] = []
      if let line = take(files, &state, now) { lines.append(line) }
      if let line = exposure(files, &state) { lines.append(line) }
      if let line = warning(&state, now) { lines.append(line) }
      return lines
    }
  }

  private func take(_ files: ServerCertificateFiles, _ state: inout State, _ now: Int) -> String? {
    if files == state.loaded.files {
      (state.suspected, state.rejected) = (nil, nil)
      return nil
    }
    if files == state.rejected { return nil }
    do throws(ListenError) {
      state.loaded = try Self.load(files, settings, now)
      (state.suspected, state.rejected, state.warnedAt) = (nil, nil, nil)
      state.isExposureKnown = false
      return "TLS: the files have changed; new connections get the certificate "
        + "\(settings.certificateFile), which expires on \(Self.date(state.loaded.expiry))"
    } catch {
      guard files == state.suspected else {
        state.suspected = files
        return nil
      }
      state.rejected = files
      return "\(error); the server goes on with the files that it has read before, until these "
        + "are repaired"
    }
  }

  /// Returns the warning of a key that others can read: one for each change of files or
  /// permissions.
  private func exposure(_ files: ServerCertificateFiles, _ state: inout State) -> String? {
    defer { state.isExposureKnown = files.isKeyExposed }
    guard files.isKeyExposed, !state.isExposureKnown else { return nil }
    return "TLS: other users of this machine may read or replace the key \(settings.keyFile), and "
      + "pass for the server with it: protect it with `chmod 600`"
  }

  /// Returns the warning that is due: one a day from two weeks before the expiry on.
  private func warning(_ state: inout State, _ now: Int) -> String? {
    let expiry = state.loaded.expiry
    guard expiry - now < Self.warningTime, state.warnedAt.map({ now - $0 >= Self.day }) ?? true
    else { return nil }
    state.warnedAt = now
    let file = "TLS: the certificate \(settings.certificateFile)"
    guard expiry > now else {
      return "\(file) has expired on \(Self.date(expiry)), and clients refuse it: replace the file"
    }
    return "\(file) expires on \(Self.date(expiry)), in \((expiry - now) / Self.day) days: replace "
      + "the file; a running server takes the new one by itself"
  }

  // MARK: Loading

  private static func load(
    _ files: ServerCertificateFiles,
    _ settings: ServerTLS,
    _ now: Int
  ) throws(ListenError) -> Loaded {
    let chain = try certificates(files.chain.get(), "certificate", settings.certificateFile)
    let key = try privateKey(files.key.get(), settings.keyFile)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) },
      privateKey: .privateKey(key)
    )
    if let clientCA = files.clientCA {
      let path = settings.clientCAFile ?? ""
      let authorities = try certificates(clientCA.get(), "client CA", path)
      configuration.trustRoots = .certificates(authorities)
      configuration.certificateVerification = .noHostnameVerification
    }
    configuration.minimumTLSVersion = settings.minVersion == .v13 ? .tlsv13 : .tlsv12
    configuration.cipherSuiteValues = suitesOf12
    configuration.applicationProtocols = [ServerTLS.applicationProtocol]
    configuration.shutdownTimeout = .seconds(1)
    try checkTime(chain[0], settings.certificateFile, now)
    let context: NIOSSLContext
    do {
      context = try NIOSSLContext(configuration: configuration)
    } catch {
      throw ListenError(
        "TLS: the key \(settings.keyFile) does not belong to the first certificate of "
          + "\(settings.certificateFile): expected the key from which that was made"
      )
    }
    let expiry = chain.map { Int($0.notValidAfter) }.min() ?? now
    return Loaded(context: context, files: files, expiry: expiry)
  }

  /// The suites for TLS 1.2: with forward secrecy and authenticated encryption. Those of 1.3 are
  /// fixed.
  private static let suitesOf12: [NIOTLSCipher] = [
    .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
  ]

  private static func certificates(
    _ bytes: [UInt8],
    _ role: String,
    _ path: String
  ) throws(ListenError) -> [NIOSSLCertificate] {
    let found = (try? NIOSSLCertificate.fromPEMBytes(bytes)) ?? []
    guard !found.isEmpty else {
      throw ListenError(
        "TLS: the \(role) file \(path) has no certificate that can be read: expected PEM, "
          + "-----BEGIN CERTIFICATE-----"
      )
    }
    return found
  }

  private static func privateKey(
    _ bytes: [UInt8],
    _ path: String
  ) throws(ListenError) -> NIOSSLPrivateKey {
    do {
      // Without an answer of ours BoringSSL would ask for a passphrase on the terminal.
      return try NIOSSLPrivateKey(bytes: bytes, format: .pem) { (answer: ([UInt8]) -> Void) in
        answer([])
      }
    } catch {
      throw ListenError(
        "TLS: the key file \(path) has no private key that can be read: expected PEM, "
          + "-----BEGIN PRIVATE KEY-----, without a passphrase"
      )
    }
  }

  private static func checkTime(
    _ certificate: NIOSSLCertificate,
    _ path: String,
    _ now: Int
  ) throws(ListenError) {
    let (from, until) = (Int(certificate.notValidBefore), Int(certificate.notValidAfter))
    if now > until {
      throw ListenError("TLS: the certificate \(path) has expired on \(date(until)): renew it")
    }
    if now < from {
      throw ListenError(
        "TLS: the certificate \(path) is valid from \(date(from)) on only: look at the clock of "
          + "this machine, or use another certificate"
      )
    }
  }

  // MARK: Time

  /// Returns the time of the system, in seconds since 1970.
  static func now() -> Int { Int(time(nil)) }

  /// Returns the time in UTC, as in `2027-03-31 12:00 UTC`.
  static func date(_ seconds: Int) -> String {
    var (time, parts) = (time_t(seconds), tm())
    guard gmtime_r(&time, &parts) != nil else { return "\(seconds)" }
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(1900 + parts.tm_year)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)) UTC"
  }
}

import NIOCore
import NIOSSL
package import TTRPC

/// TLS as a client speaks it: whom it trusts, its own certificate, and the name that it expects.
/// The files are read once; all connections of a client share them.
///
/// NIOSSL offers clients no way to keep a session, so every connection makes a whole handshake.
package struct ClientTLS: Sendable {
  /// The lowest version of the protocol that a client accepts.
  package enum Version: Sendable, Hashable {
    case tls12
    case tls13
  }

  /// The files and the name of ``ClientTLS``, as users give them. All files are PEM.
  package struct Settings: Sendable, Hashable {
    /// The CAs that sign the certificates of servers; nil for those of the system.
    package var caFile: String?
    /// The client's certificate, and those between it and its CA; nil for none.
    package var certificateFile: String?
    /// The private key of the client's certificate, not encrypted.
    package var keyFile: String?
    /// The name that the server's certificate must have; nil for the host of the address.
    package var serverName: String?
    /// The lowest version of the protocol.
    package var minVersion = Version.tls13

    /// Creates the settings of a client without a certificate that trusts the system's CAs.
    package init() {}
  }

  let context: NIOSSLContext
  let settings: Settings

  /// Reads the files. Throws FAILED_PRECONDITION for a file that cannot be read, and
  /// INVALID_ARGUMENT for content or settings that are wrong.
  package init(_ settings: Settings) throws(RPCError) {
    if let name = settings.serverName { try Self.check(serverName: name) }
    self.settings = settings
    context = try Self.context(settings)
  }

  /// TLS with the system's CAs and without a client certificate, loaded at the first use.
  static let system: Result<ClientTLS, RPCError> = Result { () throws(RPCError) in
    try ClientTLS(Settings())
  }

  /// Returns the handlers of TLS for a new connection to `host`.
  func handlers(host: String, target: ClientTarget) throws -> [any ChannelHandler] {
    let name = settings.serverName ?? (Self.isAddress(host) ? nil : host)
    let encryption = try NIOSSLClientHandler(context: context, serverHostname: name)
    let handshake = ClientHandshake(encryption, name: name) { error, certificate in
      ClientTLSFailure(error, certificate: certificate, name: name ?? host, settings: self.settings)
        .connecting(to: target)
    }
    return [encryption, handshake]
  }

  private static func isAddress(_ host: String) -> Bool {
    (try? SocketAddress(ipAddress: host, port: 0)) != nil
  }

  private static func check(serverName name: String) throws(RPCError) {
    let isName =
      (1...255).contains(name.utf8.count) && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    guard isName, !isAddress(name) else {
      throw .wrongTLS("\"\(name.prefix(64))\" is not the name of a server; expected a host name")
    }
  }

  private static func context(_ settings: Settings) throws(RPCError) -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = settings.minVersion == .tls13 ? .tlsv13 : .tlsv12
    // Servers that know no names are accepted too.
    configuration.applicationProtocols = [ServerTLS.applicationProtocol]
    if let path = settings.caFile {
      configuration.trustRoots = .certificates(try certificates(path))
    }
    switch (settings.certificateFile, settings.keyFile) {
    case (nil, nil): break
    case (let certificate?, let key?):
      configuration.certificateChain = try certificates(certificate).map { .certificate($0) }
      configuration.privateKey = .privateKey(try privateKey(key))
    default: throw .wrongTLS("a client certificate needs the file of its key; name both, or none")
    }
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      guard let certificate = settings.certificateFile, let key = settings.keyFile else {
        throw .wrongTLS("the CAs cannot be loaded: \(error)")
      }
      throw .wrongTLS("the key in \(key) does not belong to the certificate in \(certificate)")
    }
  }

  private static func certificates(_ path: String) throws(RPCError) -> [NIOSSLCertificate] {
    let bytes = try CredentialFile(path).bytes
    do {
      return try NIOSSLCertificate.fromPEMBytes(bytes)
    } catch {
      throw .wrongTLS("\(path) holds no certificates; expected PEM, BEGIN CERTIFICATE")
    }
  }

  private static func privateKey(_ path: String) throws(RPCError) -> NIOSSLPrivateKey {
    let bytes = try CredentialFile(path).bytes
    do {
      return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
    } catch {
      throw .wrongTLS("\(path) holds no private key; expected PEM without a passphrase")
    }
  }
}

extension RPCError {
  fileprivate static func wrongTLS(_ message: String) -> RPCError {
    RPCError(code: .invalidArgument, message: message)
  }
}

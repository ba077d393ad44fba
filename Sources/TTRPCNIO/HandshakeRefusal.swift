import NIOCore
import NIOSSL

/// The reason for which the server ends a connection before its TLS handshake begins.
enum HandshakeRefusal {
  /// The client speaks neither TLS nor ttrpc.
  case foreign
  /// The first message breaks the rules of TLS.
  case malformed
  /// The client offers application protocols, and not that of ttrpc.
  case otherProtocol

  /// The reason for the log.
  var reason: String {
    switch self {
    case .foreign: "the client does not speak TLS"
    case .malformed: "the client's first message breaks the rules of TLS"
    case .otherProtocol:
      "the client wants another application protocol than \(ServerTLS.applicationProtocol) (ALPN)"
    }
  }

  /// The record that tells the client, or nil if it would not understand one.
  var alert: [UInt8]? {
    switch self {
    case .foreign: nil
    case .malformed: Self.fatalAlert(50)
    case .otherProtocol: Self.fatalAlert(120)
    }
  }

  private static func fatalAlert(_ code: UInt8) -> [UInt8] { [21, 3, 3, 0, 2, 2, code] }

  /// The reason of a connection that ends within its handshake.
  static let closed =
    "the client closed the connection in the middle, as some do that expect another name in the "
    + "server's certificate"

  /// Returns the reason for which a handshake has failed, for the log: one of a fixed set of texts.
  /// `certificate` is the client's; nil if none came. `now` is in seconds since 1970.
  static func reason(
    for error: any Error,
    _ certificate: NIOSSLCertificate?,
    now: Int
  ) -> String {
    if error is IOError { return "the connection broke" }
    if error as? NIOSSLError == .uncleanShutdown { return closed }
    let names = TLSErrorNames(error)
    if names.isEnd { return closed }
    if names.contains("CERTIFICATE_VERIFY_FAILED") { return fault(of: certificate, now) }
    if let alert = names.alert { return reason(ofAlert: alert) }
    for (mark, reason) in marks where names.contains(mark) { return reason }
    guard let name = names.first else { return "the TLS library failed" }
    return "the client broke the rules of TLS (\(name))"
  }

  /// Returns what is wrong with a client's certificate that was not accepted. The library does not
  /// report which check it was, so the certificate decides.
  private static func fault(of certificate: NIOSSLCertificate?, _ now: Int) -> String {
    guard let certificate else { return "the client's certificate is not accepted" }
    if Int(certificate.notValidAfter) < now { return expired }
    if Int(certificate.notValidBefore) > now {
      return "the client's certificate is not valid yet: compare the clocks of both machines"
    }
    if !certificate.isForClients {
      return "the client's certificate is not for clients: make one with the extended key usage "
        + "clientAuth"
    }
    return "the client's certificate is of an authority that the server does not know, or one "
      + "between them is missing or has expired"
  }

  /// The reason of a client whose certificate was valid once.
  static let expired = "the client's certificate has expired"

  /// Returns the reason of a client that has ended the handshake with an alert.
  private static func reason(ofAlert alert: String) -> String {
    let reason =
      switch alert {
      case "UNKNOWN_CA": "the client does not know the authority of the server's certificate"
      case "CERTIFICATE_EXPIRED": "the client finds the server's certificate expired"
      case "CERTIFICATE_REVOKED": "the client finds the server's certificate revoked"
      case "BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN", "UNRECOGNIZED_NAME":
        "the client refuses the server's certificate: it expects another name, or does not trust it"
      case "UNSUPPORTED_CERTIFICATE":
        "the client refuses the server's certificate: it is not for servers, or of a kind that the "
          + "client does not support"
      case "PROTOCOL_VERSION": "the client refuses the server's versions of TLS"
      case "HANDSHAKE_FAILURE", "INSUFFICIENT_SECURITY":
        "the client finds no cipher or key exchange in common"
      default: "the client ended it"
      }
    return "\(reason) (alert \(alert.lowercased()))"
  }

  private static let noKeyExchange = "client and server have no key exchange in common"

  /// Names in BoringSSL's errors.
  private static let marks = [
    (
      "PEER_DID_NOT_RETURN_A_CERTIFICATE",
      "the client has no certificate, and the server asks for one"
    ),
    ("UNSUPPORTED_PROTOCOL", "the client speaks only versions of TLS that are too old"),
    ("NO_SHARED_CIPHER", "client and server have no cipher in common"),
    ("NO_SHARED_GROUP", noKeyExchange), ("WRONG_CURVE", noKeyExchange),
    (
      "NO_COMMON_SIGNATURE_ALGORITHMS",
      "client and server have no kind of signature in common: the server's key may be of a kind "
        + "that the client does not support"
    ),
    ("WRONG_VERSION_NUMBER", "the client does not go on with TLS"),
    ("BAD_SIGNATURE", "the client does not have the key of its certificate"),
  ]
}

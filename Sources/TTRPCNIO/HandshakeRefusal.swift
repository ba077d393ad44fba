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

  /// Returns the reason for which a handshake has failed, for the log.
  static func reason(for error: any Error) -> String {
    if error is IOError { return "the connection broke" }
    let text = "\(error)"
    for (mark, reason) in marks where text.contains(mark) { return reason }
    return "\(text.prefix(200))"
  }

  /// Names in BoringSSL's errors, the telling ones first.
  private static let marks = [
    (
      "PEER_DID_NOT_RETURN_A_CERTIFICATE",
      "the client has no certificate, and the server asks for one"
    ),
    (
      "CERTIFICATE_VERIFY_FAILED",
      "the client's certificate has expired, is not for clients, or is of an authority that the "
        + "server does not know"
    ),
    ("UNSUPPORTED_PROTOCOL", "the client speaks only versions of TLS that are too old"),
    ("NO_SHARED_CIPHER", "client and server have no cipher in common"),
    ("UNKNOWN_CA", "the client does not know the authority of the server's certificate"),
    ("CERTIFICATE_EXPIRED", "the client finds the server's certificate expired"),
    ("BAD_CERTIFICATE", "the client refuses the server's certificate"),
    ("CERTIFICATE_UNKNOWN", "the client refuses the server's certificate"),
    ("PROTOCOL_VERSION", "the client refuses the server's versions of TLS"),
    ("EOF during handshake", "the client closed the connection"),
    ("WRONG_VERSION_NUMBER", "the client does not go on with TLS"),
  ]
}

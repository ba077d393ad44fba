import NIOSSL

/// The names of BoringSSL in an error, such as `NO_SHARED_CIPHER`, the first cause first.
///
/// NIOSSL keeps the codes of its library to itself, so errors are told apart by the names in the
/// library's messages, which are part of its interface. The rest of a message is left out: it has
/// paths of the machine that built the library.
struct TLSErrorNames {
  private let names: [String]
  /// True if the other side closed the connection during the handshake.
  let isEnd: Bool

  init(_ error: any Error) {
    let stack = Self.stack(of: error)
    names = stack.compactMap { Self.name(in: $0.description) }
    isEnd = stack.contains(.eofDuringHandshake)
  }

  /// The name of the first cause; nil for an error of another kind.
  var first: String? { names.first }

  /// Returns true if a name has this part.
  func contains(_ part: String) -> Bool { names.contains { $0.contains(part) } }

  /// The alert with which the other side has ended the handshake, as in `BAD_CERTIFICATE`, or nil.
  var alert: String? {
    for name in names {
      if let mark = name.firstRange(of: "_ALERT_") { return String(name[mark.upperBound...]) }
    }
    return nil
  }

  private static func stack(of error: any Error) -> NIOBoringSSLErrorStack {
    switch error {
    case NIOSSLError.handshakeFailed(let inner), NIOSSLError.shutdownFailed(let inner):
      stack(of: inner)
    case BoringSSLError.sslError(let stack), BoringSSLError.unknownError(let stack): stack
    default: []
    }
  }

  private static func name(in message: String) -> String? {
    guard let mark = message.firstRange(of: "OPENSSL_internal:") else { return nil }
    let name = message[mark.upperBound...].prefix { $0 != " " }
    return name.isEmpty ? nil : String(name)
  }
}

/// The address to which a client connects.
public enum ClientTarget: Sendable, Hashable {
  /// A host name or address, without brackets, and a TCP port.
  case host(String, port: Int)
  /// A host name or address, without brackets, and a TCP port on which the server speaks TLS.
  case tls(String, port: Int)
  /// The path of a Unix socket.
  case unix(path: String)

  /// The longest path that NIO takes for a Unix socket address, in bytes: the limit of macOS, which
  /// is less than the 107 of Linux.
  package static let maxUnixPath = 103

  /// Parses `HOST:PORT` (`[ADDRESS]:PORT` for IPv6), `tls://HOST:PORT` or `unix:PATH`. Throws
  /// INVALID_ARGUMENT for anything else, with a message that names the expected form.
  public init(parsing text: String) throws(RPCError) {
    if text.hasPrefix("unix:") {
      self = try .unix(path: Self.unixPath(text))
      return
    }
    if text.hasPrefix(Self.tlsScheme) {
      let (host, port) = try Self.endpoint(text.dropFirst(Self.tlsScheme.count), of: text)
      self = .tls(host, port: port)
      return
    }
    if let scheme = ["http://", "tcp://"].first(where: text.hasPrefix) {
      throw Self.invalid(text, "leave out \(scheme)")
    }
    if let scheme = ["https://", "ssl://"].first(where: text.hasPrefix) {
      throw Self.invalid(text, "write \(Self.tlsScheme) instead of \(scheme)")
    }
    let (host, port) = try Self.endpoint(text[...], of: text)
    self = .host(host, port: port)
  }

  private static let tlsScheme = "tls://"

  private static func endpoint(
    _ part: Substring,
    of text: String
  ) throws(RPCError) -> (host: String, port: Int) {
    guard let colon = part.lastIndex(of: ":") else {
      throw invalid(text, "it has no port")
    }
    let digits = part[part.index(after: colon)...]
    guard let port = Int(digits), (1...65535).contains(port),
      digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else {
      throw invalid(text, "the port is not a number from 1 to 65535")
    }
    return (try host(part[..<colon], of: text), port)
  }

  private static func unixPath(_ text: String) throws(RPCError) -> String {
    var path = text.dropFirst("unix:".count)
    // Other tools write unix:///run/x.sock.
    if path.hasPrefix("///") { path = path.dropFirst(2) }
    if path.isEmpty { throw invalid(text, "the path is empty") }
    if path.utf8.contains(0) { throw invalid(text, "the path contains a NUL") }
    if path.utf8.count > maxUnixPath {
      throw invalid(text, "the path is longer than \(maxUnixPath) bytes")
    }
    return String(path)
  }

  private static func host(_ part: Substring, of text: String) throws(RPCError) -> String {
    if part.hasPrefix("["), part.hasSuffix("]"), part.count > 2 {
      let inner = part.dropFirst().dropLast()
      guard inner.contains(":"), !inner.contains("["), !inner.contains("]") else {
        throw invalid(text, "brackets are for IPv6 addresses")
      }
      return String(inner)
    }
    if part.isEmpty { throw invalid(text, "the host is empty") }
    if part.contains(":") {
      throw invalid(text, "an IPv6 address needs brackets, as in [::1]:7420")
    }
    let plain = part.utf8.allSatisfy { byte in
      byte > 0x20 && byte != 0x7F && byte != 0x2F && byte != 0x5B && byte != 0x5D
    }
    guard plain else {
      throw invalid(text, "the host contains a character that host names do not have")
    }
    return String(part)
  }

  private static func invalid(_ text: String, _ reason: String) -> RPCError {
    RPCError(
      code: .invalidArgument,
      message: "\"\(text.prefix(64))\" is not an address: \(reason); "
        + "expected HOST:PORT, as in 127.0.0.1:7420, tls://HOST:PORT or unix:PATH"
    )
  }
}

extension ClientTarget: CustomStringConvertible {
  /// The address in the form that ``init(parsing:)`` reads.
  public var description: String {
    switch self {
    case .host(let host, let port): Self.text(host, port)
    case .tls(let host, let port): Self.tlsScheme + Self.text(host, port)
    case .unix(let path): "unix:\(path)"
    }
  }

  private static func text(_ host: String, _ port: Int) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

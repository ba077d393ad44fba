import TTRPC

/// An address on which a server listens.
package enum ListenAddress: Sendable, Hashable {
  /// A host name or address, without brackets, and a TCP port; 0 takes a free one.
  case tcp(host: String, port: Int)
  /// The same for TLS, with the certificates of ``TTRPCServer/Configuration/tls``.
  case tls(host: String, port: Int)
  /// A Unix socket with these permission bits. A stale socket file, on which no process listens, is
  /// replaced.
  case unix(path: String, mode: UInt16 = 0o600)

  /// Parses `HOST:PORT` (`[ADDRESS]:PORT` for IPv6), `tls://HOST:PORT` or `unix:PATH`.
  package init(parsing text: String) throws(ListenError) {
    func invalid(_ why: String) -> ListenError {
      ListenError(
        "\"\(text)\" is no address to listen on: \(why); expected HOST:PORT, tls://HOST:PORT or "
          + "unix:PATH"
      )
    }
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst(5))
      guard !path.isEmpty else { throw invalid("the path is empty") }
      let most = ClientTarget.maxUnixPath
      guard path.utf8.count <= most else {
        throw invalid("the path is longer than \(most) bytes")
      }
      self = .unix(path: path)
      return
    }
    let isEncrypted = text.hasPrefix("tls://")
    let rest = isEncrypted ? text.dropFirst(6) : text[...]
    guard let colon = rest.lastIndex(of: ":") else { throw invalid("it has no port") }
    let digits = rest[rest.index(after: colon)...]
    guard let port = UInt16(digits), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw invalid("the port is not a number from 0 to 65535")
    }
    var host = rest[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      throw invalid("an IPv6 address needs brackets, as in [::1]:7420")
    }
    guard !host.isEmpty else { throw invalid("the host is empty") }
    self =
      isEncrypted
      ? .tls(host: String(host), port: Int(port)) : .tcp(host: String(host), port: Int(port))
  }

  /// True when only this machine can reach the address.
  package var isLocal: Bool {
    switch self {
    case .unix: return true
    case .tcp(let host, _), .tls(let host, _):
      if host == "localhost" || host == "::1" { return true }
      let parts = host.split(separator: ".", omittingEmptySubsequences: false)
      return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
  }
}

extension ListenAddress: CustomStringConvertible {
  /// The address in the form that ``init(parsing:)`` reads, without permission bits.
  package var description: String {
    switch self {
    case .unix(let path, _): "unix:\(path)"
    case .tcp(let host, let port): Self.text(host, port)
    case .tls(let host, let port): "tls://" + Self.text(host, port)
    }
  }

  private static func text(_ host: String, _ port: Int) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

/// The reason why a server cannot listen: one line for people.
package struct ListenError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One line: the problem, the expectation and the remedy.
  package let description: String

  init(_ description: String) { self.description = description }
}

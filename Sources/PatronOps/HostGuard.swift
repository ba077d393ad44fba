import NIOHTTP1
import TTRPCNIO

/// The check that a request comes from a program and not from a page in a browser.
///
/// A page of a foreign site can have a browser on this machine send requests to loopback addresses.
/// Its requests to other sites carry `Origin`. One whose name was pointed at a loopback address
/// later (DNS rebinding) carries that name in `Host`, so a name other than `localhost` and the
/// listener's own is refused. Other machines reach a listener that is not on loopback anyway, so
/// there any name is accepted.
struct HostGuard: Sendable {
  private let checksHost: Bool
  private let ownName: String

  init(_ address: ListenAddress) {
    switch address {
    case .tcp(let host, _), .tls(let host, _):
      checksHost = address.isLocal
      ownName = host.lowercased()
    case .unix:
      checksHost = false
      ownName = ""
    }
  }

  /// Returns the reason for which a request is refused, or nil.
  func refusal(of headers: HTTPHeaders) -> String? {
    if headers.contains(name: "origin") {
      return "requests of web pages (with the header Origin) are not answered"
    }
    guard checksHost, let host = headers.first(name: "host") else { return nil }
    let name = Self.name(in: host.lowercased())
    if name == "localhost" || name == ownName || Self.isAddress(name) { return nil }
    return "the header Host names neither an IP address nor localhost"
  }

  /// Returns the host without its port.
  private static func name(in host: String) -> String {
    if host.hasPrefix("[") {
      guard let end = host.firstIndex(of: "]") else { return host }
      return String(host[...end])
    }
    return String(host.prefix { $0 != ":" })
  }

  private static func isAddress(_ name: String) -> Bool {
    if name.hasPrefix("[") {
      let inner = name.dropFirst().dropLast()
      return inner.contains(":")
        && inner.utf8.allSatisfy { byte in
          (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || byte == 0x3a
            || byte == 0x2e
        }
    }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }
}

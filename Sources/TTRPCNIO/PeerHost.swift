import NIOCore

/// The part of a client's address by which its connections are counted: an IPv4 address, or the
/// 64-bit prefix of an IPv6 address, because one host has all addresses behind it.
struct PeerHost: Hashable, Sendable {
  private let isIPv6: Bool
  private let value: UInt64

  /// Creates the host of an address. Returns nil for clients on the server's machine, on Unix
  /// sockets and loopback addresses: they are one host by nature, and may use it whole.
  init?(_ address: SocketAddress?) {
    switch address {
    case .v4(let address):
      // The address is behind the family and the port; in IPv6 also behind the flow.
      let bytes = withUnsafeBytes(of: address.address) { [UInt8]($0[4..<8]) }
      self.init(ipv4: Self.number(bytes[...]))
    case .v6(let address):
      let bytes = withUnsafeBytes(of: address.address) { [UInt8]($0[8..<24]) }
      self.init(high: Self.number(bytes[..<8]), low: Self.number(bytes[8...]))
    default: return nil
    }
  }

  private init?(ipv4: UInt64) {
    if ipv4 >> 24 == 127 { return nil }
    isIPv6 = false
    value = ipv4
  }

  private init?(high: UInt64, low: UInt64) {
    if high == 0, low == 1 { return nil }
    if high == 0, low >> 32 == 0xffff {
      // An IPv4 client of a socket that listens for both.
      self.init(ipv4: low & 0xffff_ffff)
    } else {
      // All hosts of a link have the same link-local prefix.
      self.init(prefix: high == 0xfe80 << 48 ? low : high)
    }
  }

  private init(prefix: UInt64) {
    isIPv6 = true
    value = prefix
  }

  /// Returns the number that the bytes are, the highest first.
  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// The number of connections of each host.
struct PeerCounts {
  private var counts: [PeerHost: Int] = [:]

  /// Counts a connection. Returns true if the host has at most `limit`, this one included.
  mutating func enter(_ host: PeerHost, limit: Int) -> Bool {
    counts[host, default: 0] += 1
    return counts[host, default: 0] <= limit
  }

  /// Forgets a connection that ``enter(_:limit:)`` has counted.
  mutating func leave(_ host: PeerHost) {
    let rest = counts[host, default: 0] - 1
    counts[host] = rest > 0 ? rest : nil
  }
}

import NIOSSL

extension NIOSSLCertificate {
  /// The most names of one certificate that are kept.
  private static let maxNames = 32
  /// The longest name that is kept, in bytes.
  private static let maxNameBytes = 255

  /// The subject alternative names, as `URI:…` and `DNS:…`. A name with anything but printable
  /// ASCII is left out, so that none looks like another.
  var names: [String] {
    var names: [String] = []
    for name in _subjectAlternativeNames() {
      let kind: String
      switch name.nameType {
      case .uri: kind = "URI:"
      case .dnsName: kind = "DNS:"
      default: continue
      }
      guard names.count < Self.maxNames else { break }
      guard name.contents.count <= Self.maxNameBytes,
        name.contents.allSatisfy({ (0x21...0x7e).contains($0) })
      else { continue }
      names.append(kind + String(decoding: name.contents, as: UTF8.self))
    }
    return names
  }

  /// Returns true if the certificate is for a host name, by one of its DNS names. NIOSSL's check
  /// also accepts the IP address of the connection, whatever name is expected. An address proves
  /// nothing about a name: whoever answers for the name in a forged DNS has a certificate for an
  /// address of theirs. Nor does a common name count.
  func isNamed(_ host: String) -> Bool {
    let host = Self.comparable(host)
    return _subjectAlternativeNames().contains { name in
      guard name.nameType == .dnsName, name.contents.allSatisfy({ $0 < 0x80 }) else { return false }
      let own = Self.comparable(String(decoding: name.contents, as: UTF8.self))
      if own == host { return true }
      // A `*` is the whole first label, and stands for one label.
      guard own.hasPrefix("*."), let dot = host.firstIndex(of: "."), dot > host.startIndex,
        !host.hasPrefix("xn--")
      else { return false }
      return own.dropFirst() == host[dot...]
    }
  }

  /// Returns a host name in lower case, without the dot of the root.
  private static func comparable(_ name: String) -> String {
    let name = name.lowercased()
    return name.hasSuffix(".") ? String(name.dropLast()) : name
  }

  /// The identifier of the extension that lists what a certificate may be used for.
  private static let extendedKeyUsage = NIOSSLObjectIdentifier("2.5.29.37")
  /// The purpose of clients, 1.3.6.1.5.5.7.3.2, as DER has it.
  private static let clientPurpose: [UInt8] = [6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2]

  /// True if the certificate may be shown by a client: it lists no purposes, or that of clients
  /// among them.
  var isForClients: Bool {
    for entry in _extensions where entry.objectIdentifier == Self.extendedKeyUsage {
      return Array(entry.data).firstRange(of: Self.clientPurpose) != nil
    }
    return true
  }

  /// Returns true if the certificate is valid at a time in seconds since 1970.
  func isValid(at now: Int) -> Bool { Int(notValidBefore) <= now && now <= Int(notValidAfter) }
}

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

  /// Returns true if the certificate is valid at a time in seconds since 1970.
  func isValid(at now: Int) -> Bool { Int(notValidBefore) <= now && now <= Int(notValidAfter) }
}

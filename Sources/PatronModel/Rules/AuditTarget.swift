/// An object of a row of the audit log: its kind and its id. It never holds a value of a customer.
package struct AuditTarget: Sendable, Hashable {
  /// Kind and id, as in `customer:17`. Without spaces and control characters.
  package let text: String

  private init(_ kind: String, _ id: String) { text = "\(kind):\(id)" }

  package static func customer(_ id: Int64) -> AuditTarget { Self("customer", String(id)) }
  package static func merge(_ id: Int64) -> AuditTarget { Self("merge", String(id)) }

  /// The receipt of an erasure.
  package static func receipt(_ id: Int64) -> AuditTarget { Self("receipt", String(id)) }

  /// An address that no customer has, by the hash under which the store keeps its suppressions.
  package static func address(hash: [UInt8]) -> AuditTarget { Self("address", hex(hash)) }

  /// A key, by the text of its id.
  package static func key(_ id: String) -> AuditTarget { Self("key", escaped(id)) }

  /// The secret that a key had before its rotation.
  package static let formerSecret = Self("secret", "former")

  /// The name of a peer, such as `URI:spiffe://shop/agent` of a certificate.
  package static func name(_ name: String) -> AuditTarget { Self("name", escaped(name)) }

  /// A store, or `*` for every store.
  package static func store(_ name: String) -> AuditTarget { Self("store", escaped(name)) }

  /// A scope of a key.
  package static func scope(_ name: String) -> AuditTarget { Self("scope", escaped(name)) }

  /// A setting of a store, by its name in the contract.
  package static func setting(_ name: String) -> AuditTarget { Self("setting", escaped(name)) }

  /// The reason of a refusal, as in `KEY_EXPIRED`.
  package static func reason(_ reason: String) -> AuditTarget { Self("reason", escaped(reason)) }

  /// The format or the extent of an export.
  package static func format(_ format: String) -> AuditTarget { Self("format", escaped(format)) }

  /// The name of a file, without its directories.
  package static func file(_ name: String) -> AuditTarget { Self("file", escaped(name)) }

  /// The mode of an erasure.
  package static func mode(_ mode: String) -> AuditTarget { Self("mode", escaped(mode)) }

  /// The number of attempts that a row stands for.
  package static func attempts(_ count: Int) -> AuditTarget { Self("attempts", String(count)) }

  /// A row of the audit log, by its sequence.
  package static func row(_ sequence: Int64) -> AuditTarget { Self("row", String(sequence)) }

  /// The hash of a row of the audit log.
  package static func hash(_ hash: [UInt8]) -> AuditTarget { Self("hash", hex(hash)) }

  /// The number of targets that a row does not name.
  package static func more(_ count: Int) -> AuditTarget { Self("more", String(count)) }

  /// Replaces spaces, control characters and `%` by `%` and two hexadecimal digits of each byte.
  private static func escaped(_ text: String) -> String {
    guard text.utf8.contains(where: isEscaped) else { return text }
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if isEscaped(byte) {
        bytes += [UInt8(ascii: "%")] + hex([byte]).utf8
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isEscaped(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == 0x7f || byte == UInt8(ascii: "%")
  }

  /// Returns the bytes of hexadecimal digits, or nil for another text.
  package static func bytes(ofHex text: some StringProtocol) -> [UInt8]? {
    let digits = text.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count % 2 == 0, digits.allSatisfy({ $0 != nil }) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { index in
      UInt8((digits[index] ?? 0) << 4 | (digits[index + 1] ?? 0))
    }
  }

  /// Returns bytes as hexadecimal digits.
  package static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(2 * bytes.count)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

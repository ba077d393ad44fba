internal import ProtoWire

/// The texts of the hashes of the audit log: commands print hexadecimal digits, and exported lines
/// have base64, the form of bytes in proto3 JSON.
package enum AuditHash {
  /// The length of a hash, in bytes.
  package static let byteCount = 32
  /// The length of a hash in hexadecimal digits, in characters.
  package static let hexLength = 2 * byteCount

  /// Returns the hash that stands in a text, in 64 hexadecimal digits or in base64; nil for another
  /// text.
  package static func bytes(of text: String) -> [UInt8]? {
    let bytes = text.utf8.count == hexLength ? AuditTarget.bytes(ofHex: text) : Base64.decode(text)
    return bytes?.count == byteCount ? bytes : nil
  }
}

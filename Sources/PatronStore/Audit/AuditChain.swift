internal import Crypto

/// The hashes that chain the rows of the audit log: each is the SHA-256 of the hash before it and
/// of the row. A change of one row changes the hashes of all rows after it.
///
/// A row is encoded as its ten columns, in the order of the table and without the hash. Each is a
/// netstring: the number of its bytes in decimal digits, a colon, the bytes, a comma. Texts are
/// UTF-8, numbers decimal digits. `docs/audit.md` has a program of another language that checks it.
package enum AuditChain {
  /// The hash before the first row.
  package static let begin = AuditPlace(sequence: 0, hash: [UInt8](repeating: 0, count: 32))

  /// Returns the hash of `row` behind a row with the hash `previous`.
  package static func hash(of row: AuditRow, after previous: [UInt8]) -> [UInt8] {
    var bytes = previous
    bytes.reserveCapacity(previous.count + 200 + row.targets.utf8.count)
    append(String(row.sequence), to: &bytes)
    append(row.store, to: &bytes)
    append(String(row.at), to: &bytes)
    append(row.keyID, to: &bytes)
    append(row.onBehalfOf, to: &bytes)
    append(row.peer, to: &bytes)
    append(row.action, to: &bytes)
    append(row.targets, to: &bytes)
    append(String(row.result), to: &bytes)
    append(row.requestID, to: &bytes)
    return Array(SHA256.hash(data: bytes))
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes += String(text.utf8.count).utf8
    bytes.append(UInt8(ascii: ":"))
    bytes += text.utf8
    bytes.append(UInt8(ascii: ","))
  }
}

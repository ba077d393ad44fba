package import PatronModel
internal import PatronProto
package import PatronStore

/// Tokens by which customers confirm that they asked for messages (double opt-in). Only hashes of
/// tokens are stored.
package enum Confirmations {
  /// How long a token can be used, in microseconds: seven days.
  static let lifetime: Int64 = 7 * 24 * 3600 * 1_000_000
  /// How long after that it is still known, so that whoever comes late learns why it does not work
  /// any more: 30 days.
  static let remembered: Int64 = 30 * 24 * 3600 * 1_000_000
  /// Bytes of a token: 128 bits.
  package static let size = 16

  /// Bytes that nobody can foretell, of which a token is made.
  package static func seed() -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    return (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }

  /// The token that belongs to a seed. An answer that is kept for repeats holds the seed, never the
  /// token: without the database's own key a seed is worth nothing.
  package static func token(of seed: [UInt8], in reader: StoreReader) throws -> [UInt8] {
    let code = try SuppressionReader(reader).authenticate(Array("confirmation".utf8) + seed)
    return Array(code.prefix(size))
  }

  /// Keeps what a token confirms, and forgets up to 100 old ones.
  package static func keep(
    _ token: [UInt8],
    for pairs: [(channel: PatronModel.Channel, topic: PatronModel.Topic)],
    of row: CustomerRow,
    in writer: StoreWriter,
    at now: Int64
  ) throws {
    try writer.forgetConfirmations(before: now - remembered)
    let reader = SuppressionReader(writer.read)
    for (channel, topic) in pairs {
      guard let address = row.address(channel) else { continue }
      try writer.insert(
        ConfirmationRow(
          tokenHash: SHA256.digest(of: token),
          channel: channel,
          topic: topic,
          customerID: row.id,
          addressHash: try reader.hash(address),
          requestedAt: now,
          expiresAt: now + lifetime
        )
      )
    }
  }
}

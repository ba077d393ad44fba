internal import Crypto
package import PatronModel
internal import PatronProto
package import PatronStore

/// Tokens with which customers confirm that they asked for messages (double opt-in). Only hashes of
/// tokens are stored.
package enum Confirmations {
  /// The time during which a token is valid, in microseconds: seven days.
  static let lifetime: Int64 = 7 * 24 * 3600 * 1_000_000
  /// The time for which an expired token is still stored, in microseconds: 30 days. A late customer
  /// then learns why it does not work any more.
  static let remembered: Int64 = 30 * 24 * 3600 * 1_000_000
  /// The size of a token in bytes: 128 bits.
  package static let size = 16

  /// Returns unpredictable bytes from which a token is made.
  package static func seed() -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    return (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }

  /// Returns the token of a seed. An answer that is kept for repeats contains the seed, never the
  /// token: a seed is worthless without the database's own key.
  package static func token(of seed: [UInt8], in reader: StoreReader) throws -> [UInt8] {
    let code = try SuppressionReader(reader).authenticate(Array("confirmation".utf8) + seed)
    return Array(code.prefix(size))
  }

  /// Stores the consents that a token confirms, and deletes up to 100 old ones. `now` is in
  /// microseconds since 1970.
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
          tokenHash: Array(SHA256.hash(data: token)),
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

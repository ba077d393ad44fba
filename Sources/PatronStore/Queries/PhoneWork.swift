internal import SQLite

/// The pass over phone numbers, in all stores, that a version without a canonical form may have
/// written. Its progress is stored in the database.
package struct PhoneWork {
  /// A resume position.
  package struct Position: Sendable {
    var store = ""
    var phone = ""
    /// False while the pass is at customers' numbers, true when it is at aliases.
    package var isAtAliases = false

    /// Returns the position behind a number.
    func behind(_ number: Number) -> Position {
      Position(store: number.store, phone: number.phone, isAtAliases: isAtAliases)
    }
  }

  /// A phone number, as stored.
  package struct Number: Sendable {
    package var store: String
    /// The spelling in which it was stored.
    package var phone: String
  }

  private let transaction: WriteTransaction

  package init(_ transaction: WriteTransaction) { self.transaction = transaction }

  private static let position = Query("SELECT store_id, phone, aliases FROM phone_work")
  private static let setPosition = Query(
    "UPDATE phone_work SET store_id = ?1, phone = ?2, aliases = ?3"
  )
  private static let finish = Query("DELETE FROM phone_work")
  private static let nextPhones = Query(
    """
    SELECT store_id, phone FROM customers
    WHERE phone IS NOT NULL AND (store_id, phone) > (?1, ?2) ORDER BY store_id, phone LIMIT ?3
    """
  )
  private static let nextAliases = Query(
    """
    SELECT store_id, address FROM address_aliases
    WHERE (store_id, channel, address) > (?1, 1, ?2) AND channel = 1
    ORDER BY store_id, channel, address LIMIT ?3
    """
  )

  /// Returns the resume position, or nil if the pass is complete.
  package func position() throws -> Position? {
    try transaction.first(Self.position) {
      Position(store: $0.text(0), phone: $0.text(1), isAtAliases: $0.bool(2))
    }
  }

  /// Returns the next numbers behind a position, at most `limit`.
  package func next(_ position: Position, atMost limit: Int) throws -> [Number] {
    var numbers: [Number] = []
    let query = position.isAtAliases ? Self.nextAliases : Self.nextPhones
    try transaction.forEach(query, position.store, position.phone, limit) { row in
      numbers.append(Number(store: row.text(0), phone: row.text(1)))
    }
    return numbers
  }

  /// Stores the progress: everything up to `last` is done, or with nil all numbers of the
  /// position's kind.
  package func advance(_ position: Position, behind last: Number?) throws {
    if let last {
      try set(position.behind(last))
    } else if position.isAtAliases {
      try transaction.run(Self.finish)
    } else {
      try set(Position(isAtAliases: true))
    }
  }

  private func set(_ position: Position) throws {
    try transaction.run(Self.setPosition, position.store, position.phone, position.isAtAliases)
  }
}

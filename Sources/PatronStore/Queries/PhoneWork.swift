internal import SQLite

/// Phone numbers of all stores that a version without one form for each may have written, in the
/// order in which they are looked at. Where the work is, is stored with it.
package struct PhoneWork {
  /// Where it goes on.
  package struct Position: Sendable {
    var store = ""
    var phone = ""
    /// True when the numbers that customers have are done, and those that they answer to are left.
    package var isAtAliases = false

    /// The position behind a number.
    func behind(_ number: Number) -> Position {
      Position(store: number.store, phone: number.phone, isAtAliases: isAtAliases)
    }
  }

  /// A number as it is stored.
  package struct Number: Sendable {
    /// The store's name.
    package var store: String
    /// As it is spelled.
    package var phone: String
  }

  private let transaction: WriteTransaction

  /// Works in a transaction.
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

  /// Where the work goes on; nil when there is none.
  package func position() throws -> Position? {
    try transaction.first(Self.position) {
      Position(store: $0.text(0), phone: $0.text(1), isAtAliases: $0.bool(2))
    }
  }

  /// The next numbers.
  package func next(_ position: Position, atMost limit: Int) throws -> [Number] {
    var numbers: [Number] = []
    let query = position.isAtAliases ? Self.nextAliases : Self.nextPhones
    try transaction.forEach(query, position.store, position.phone, limit) { row in
      numbers.append(Number(store: row.text(0), phone: row.text(1)))
    }
    return numbers
  }

  /// Notes that everything up to a number is done; with nil that all of its kind is.
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

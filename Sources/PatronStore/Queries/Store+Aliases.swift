internal import PatronModel
internal import SQLite

/// What customers answer to without having it.
extension StoreReader {
  private static let ids = Query(
    "SELECT merged_id FROM id_aliases WHERE store_id = ?1 AND customer_id = ?2 ORDER BY merged_id"
  )
  private static let latestIDs = Query(
    """
    SELECT merged_id FROM id_aliases WHERE store_id = ?1 AND customer_id = ?2
    ORDER BY merged_id DESC LIMIT ?3
    """
  )
  private static let externalIDs = Query(
    "SELECT external_id FROM aliases WHERE store_id = ?1 AND customer_id = ?2 ORDER BY external_id"
  )
  private static let addresses = Query(
    """
    SELECT channel, address FROM address_aliases WHERE store_id = ?1 AND customer_id = ?2
    ORDER BY channel, address
    """
  )

  /// The ids of customers who were merged into one, highest first, at most `limit`.
  package func formerIDs(of customerID: Int64, atMost limit: Int) throws -> [Int64] {
    var ids: [Int64] = []
    try transaction.forEach(Self.latestIDs, store.name, customerID, limit) {
      ids.append($0.int64(0))
    }
    return ids
  }

  /// Everything that a customer answers to without having it.
  package func formerIdentifiers(of customerID: Int64) throws -> [FormerIdentifier] {
    var all: [FormerIdentifier] = []
    try transaction.forEach(Self.ids, store.name, customerID) { all.append(.id($0.int64(0))) }
    try transaction.forEach(Self.externalIDs, store.name, customerID) {
      all.append(.externalID($0.text(0)))
    }
    try transaction.forEach(Self.addresses, store.name, customerID) { row in
      guard let channel = Channel(rawValue: Int(row.int64(0))) else {
        throw StoreError.corrupt("an alias has an unknown channel")
      }
      all.append(.address(channel, row.text(1)))
    }
    return all
  }
}

extension StoreWriter {
  private static let setID = Query(
    """
    INSERT INTO id_aliases (store_id, merged_id, customer_id) VALUES (?1, ?2, ?3)
    ON CONFLICT (store_id, merged_id) DO UPDATE SET customer_id = ?3
    """
  )
  private static let setAddress = Query(
    """
    INSERT INTO address_aliases (store_id, channel, address, customer_id) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (store_id, channel, address) DO UPDATE SET customer_id = ?4
    """
  )
  private static let deleteID = Query(
    "DELETE FROM id_aliases WHERE store_id = ?1 AND merged_id = ?2"
  )
  private static let deleteExternalID = Query(
    "DELETE FROM aliases WHERE store_id = ?1 AND external_id = ?2"
  )
  private static let deleteAddress = Query(
    "DELETE FROM address_aliases WHERE store_id = ?1 AND channel = ?2 AND address = ?3"
  )
  private static let deleteIDs = Query(
    "DELETE FROM id_aliases WHERE store_id = ?1 AND customer_id = ?2"
  )
  private static let deleteExternalIDs = Query(
    "DELETE FROM aliases WHERE store_id = ?1 AND customer_id = ?2"
  )
  private static let deleteAddresses = Query(
    "DELETE FROM address_aliases WHERE store_id = ?1 AND customer_id = ?2"
  )

  /// Lets a customer answer to an identifier that nobody has.
  package func add(_ former: FormerIdentifier, of customerID: Int64) throws {
    switch former {
    case .id(let id):
      try transaction.run(Self.setID, store.name, id, customerID)
    case .externalID(let externalID):
      try addAlias(externalID, of: customerID)
    case .address(let channel, let address):
      try transaction.run(Self.setAddress, store.name, channel.rawValue, address, customerID)
    }
  }

  /// Nobody answers to the identifier any more, but for who has it.
  package func remove(_ former: FormerIdentifier) throws {
    switch former {
    case .id(let id):
      try transaction.run(Self.deleteID, store.name, id)
    case .externalID(let externalID):
      try transaction.run(Self.deleteExternalID, store.name, externalID)
    case .address(let channel, let address):
      try transaction.run(Self.deleteAddress, store.name, channel.rawValue, address)
    }
  }

  /// A customer answers only to what it has: for one that is about to be deleted.
  package func removeFormerIdentifiers(of customerID: Int64) throws {
    try transaction.run(Self.deleteIDs, store.name, customerID)
    try transaction.run(Self.deleteExternalIDs, store.name, customerID)
    try transaction.run(Self.deleteAddresses, store.name, customerID)
  }

  /// An address that a customer has now is no alias. Who writes a new customer looked its addresses
  /// up before, aliases too; so only changes come here.
  func forgetAddressAliases(_ row: CustomerRow, replacing old: CustomerRow) throws {
    if let phone = row.phone, phone != old.phone { try remove(.address(.sms, phone)) }
    if let email = row.emailKey, email != old.emailKey { try remove(.address(.email, email)) }
  }
}

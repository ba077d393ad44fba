internal import PatronModel
internal import SQLite

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

  /// Adds an alias to a customer. No customer may have the identifier now.
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

  /// Removes all aliases with this identifier. The customer that currently owns it is not affected.
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

  /// Removes all aliases of a customer. Call it before the customer is deleted.
  package func removeFormerIdentifiers(of customerID: Int64) throws {
    try transaction.run(Self.deleteIDs, store.name, customerID)
    try transaction.run(Self.deleteExternalIDs, store.name, customerID)
    try transaction.run(Self.deleteAddresses, store.name, customerID)
  }

  /// Removes aliases that are a customer's new addresses. Only updates need it: creating a customer
  /// looks its addresses up first, aliases included.
  func forgetAddressAliases(_ row: CustomerRow, replacing old: CustomerRow) throws {
    if let phone = row.phone, phone != old.phone { try remove(.address(.sms, phone)) }
    if let email = row.emailKey, email != old.emailKey { try remove(.address(.email, email)) }
  }
}

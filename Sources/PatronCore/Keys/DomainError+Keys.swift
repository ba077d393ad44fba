internal import PatronModel
package import PatronStore

/// Refusals about keys and stores.
extension DomainError {
  static let everyStoreNeeded = reason(
    .permissionDenied,
    "EVERY_STORE_NEEDED",
    "The caller has the rights of one store only. This needs a key of every store, or the server's "
      + "own user at the socket patron.sock."
  )

  package static let operatorNeeded = reason(
    .permissionDenied,
    "OPERATOR_NEEDED",
    "No key has this right. Only the server's own user and root may, at the socket patron.sock: "
      + "see `patrond help`."
  )

  static func scopeMissing(_ scope: Scope) -> DomainError {
    reason(
      .permissionDenied,
      "SCOPE_MISSING",
      "The key has or would get the scope `\(scope.rawValue)`, which the caller lacks. Leave it "
        + "out, or use a key that has it.",
      metadata: ["scope": scope.rawValue]
    )
  }

  /// Returns the error for a store that is not in the list, with the name that may be meant.
  package static func storeUnknown(
    _ store: StoreID,
    in catalogue: StoreCatalogue
  ) throws -> DomainError {
    let names = try catalogue.names().lazy.map(\.name)
    let nearest = NearestNames.misspelled(store.name, among: names)
    return reason(
      .notFound,
      "STORE_UNKNOWN",
      "There is no store `\(store.name)`. "
        + (nearest.map { "Did you mean `\($0)`?" } ?? "Create it first, or correct the name."),
      metadata: nearest.map { ["nearest": $0] } ?? [:]
    )
  }

  static func storeDeleting(_ store: StoreID) -> DomainError {
    reason(
      .failedPrecondition,
      "STORE_DELETING",
      "The store `\(store.name)` is being deleted. Wait until it is gone, or use another name."
    )
  }

  static func storeExists(_ store: StoreID) -> DomainError {
    reason(
      .alreadyExists,
      "STORE_EXISTS",
      "There is a store `\(store.name)` already. Use it if it is yours, or choose another name."
    )
  }

  static let storesTooMany = reason(
    .failedPrecondition,
    "STORES_TOO_MANY",
    "There are \(StoreChanges.maxStores) stores, which is the maximum. Delete one first.",
    metadata: ["maximum": String(StoreChanges.maxStores)]
  )

  static let keyNotFound = reason(
    .notFound,
    "KEY_NOT_FOUND",
    "There is no key with this id in the store. Look it up in the list of keys."
  )

  static func keyRevoked(_ id: KeyID) -> DomainError {
    reason(
      .failedPrecondition,
      "KEY_REVOKED",
      "The key \(id) was revoked, for good. Create another one.",
      metadata: ["key_id": id.text]
    )
  }

  static func keyExpired(_ id: KeyID) -> DomainError {
    reason(
      .failedPrecondition,
      "KEY_EXPIRED",
      "The key \(id) has expired. Give it a new end with the rotation, or create another one.",
      metadata: ["key_id": id.text]
    )
  }

  static func keysTooMany(of owner: KeyOwner) -> DomainError {
    let place = owner == .everyStore ? "of every store" : "of the store"
    return keysTooMany(
      KeyChanges.maxKeysPerOwner,
      "active keys \(place), which is the maximum. Revoke one first."
    )
  }

  static let databaseKeysTooMany = keysTooMany(
    KeyChanges.maxKeys,
    "active keys in the database, which is the maximum. Revoke one first."
  )

  static let foreignKeysTooMany = keysTooMany(
    KeyChanges.maxKeys,
    "keys in the database, which is the maximum, and none of the store has ended. Revoke one of "
      + "them, or ask the operator to make the key: for operators, ended keys of other stores give "
      + "way."
  )

  private static func keysTooMany(_ maximum: Int, _ rest: String) -> DomainError {
    reason(
      .failedPrecondition,
      "KEYS_TOO_MANY",
      "There are \(maximum) \(rest)",
      metadata: ["maximum": String(maximum)]
    )
  }

  static func keyNameTaken(_ id: KeyID) -> DomainError {
    reason(
      .alreadyExists,
      "KEY_NAME_TAKEN",
      "The name stands for the key \(id). Set `move` to take it from that key.",
      metadata: ["key_id": id.text]
    )
  }

  static func keyNamesTooMany(_ id: KeyID) -> DomainError {
    reason(
      .failedPrecondition,
      "KEY_NAMES_TOO_MANY",
      "The key \(id) has \(KeyChanges.maxNames) names, which is the maximum. Unbind one first, or "
        + "create another key.",
      metadata: ["key_id": id.text, "maximum": String(KeyChanges.maxNames)]
    )
  }
}

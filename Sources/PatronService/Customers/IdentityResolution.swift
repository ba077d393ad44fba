internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import TTRPC

/// Which record an input means, and the record itself.
struct IdentityResolution {
  /// What the rules decided.
  var decision: IdentityDecision
  /// The record to change; nil when a new one is to be made.
  var row: CustomerRow?
  /// Identifiers that were left out because they belong to others.
  var kept: [IdentifierField] = []

  /// Finds the record that a draft means. Identifiers of other customers are left out of the draft
  /// where `onConflict` says so.
  ///
  /// - Throws: ALREADY_EXISTS, FAILED_PRECONDITION, INVALID_ARGUMENT as `CustomerService` says.
  static func resolve(
    _ draft: inout CustomerDraft, _ mode: IdentityMode, _ onConflict: OnConflict,
    in reader: StoreReader
  ) throws -> IdentityResolution {
    var kept: [IdentifierField] = []
    while true {
      let (request, rows) = try lookUp(draft.identifiers, mode, in: reader)
      let decision = request.decide()
      switch decision {
      case .create:
        return IdentityResolution(decision: decision, row: nil, kept: kept)
      case .update(let id), .adopt(let id, _):
        let row = rows.first { $0.id == id }
        return IdentityResolution(decision: decision, row: row, kept: kept)
      case .conflict(let field, let owner):
        // At most three identifiers: the loop ends.
        guard onConflict == .keepExisting else { throw RPCError.conflict(field, owner: owner) }
        draft.drop(field)
        kept.append(field)
      case .mergeRequired(let ids):
        throw RPCError.mergeRequired(ids)
      case .invalid(let error):
        throw RPCError.identity(error)
      }
    }
  }

  /// Refuses identifiers that belong to somebody else than `row`.
  ///
  /// - Throws: ALREADY_EXISTS `IDENTIFIER_CONFLICT`; FAILED_PRECONDITION `MERGE_REQUIRED` when the
  ///   other record has no identifier of the shop's and is surely the same person's.
  static func refuseOthers(
    _ given: Identifiers, than row: CustomerRow, in reader: StoreReader
  ) throws {
    let keys: [(IdentifierField, CustomerKey?)] = [
      (.externalID, given.externalID.map(CustomerKey.externalID)),
      (.email, given.emailKey.map(CustomerKey.email)),
      (.phone, given.phone.map(CustomerKey.phone)),
    ]
    var guests: [Int64] = []
    for (field, key) in keys {
      guard let key, let owner = try reader.customerRow(key), owner.id != row.id else { continue }
      let match = IdentityMatch(
        customerID: owner.id, externalID: owner.externalID, emailKey: owner.emailKey,
        phone: owner.phone)
      if field == .externalID || match.hasOwnExternalID {
        throw RPCError.conflict(field, owner: owner.id)
      }
      if !guests.contains(owner.id) { guests.append(owner.id) }
    }
    if !guests.isEmpty { throw RPCError.mergeRequired([row.id] + guests) }
  }

  private static func lookUp(
    _ given: Identifiers, _ mode: IdentityMode, in reader: StoreReader
  ) throws -> (IdentityRequest, [CustomerRow]) {
    var rows: [CustomerRow] = []
    // Identifiers are unique: where a row that was found has the next one too, it is the answer.
    func find(_ key: CustomerKey?, _ isSame: (CustomerRow) -> Bool) throws -> IdentityMatch? {
      guard let key else { return nil }
      let row = try rows.first(where: isSame) ?? reader.customerRow(key, withProvenance: true)
      guard let row else { return nil }
      if !rows.contains(where: { $0.id == row.id }) { rows.append(row) }
      return IdentityMatch(
        customerID: row.id, externalID: row.externalID, emailKey: row.emailKey, phone: row.phone)
    }
    let byExternalID = try find(given.externalID.map(CustomerKey.externalID)) { _ in false }
    let byEmail = try find(given.emailKey.map(CustomerKey.email)) { $0.emailKey == given.emailKey }
    let byPhone = try find(given.phone.map(CustomerKey.phone)) { $0.phone == given.phone }
    let request = IdentityRequest(
      mode: mode, given: given, byExternalID: byExternalID, byEmail: byEmail, byPhone: byPhone)
    return (request, rows)
  }
}

extension RPCError {
  /// An identifier belongs to another customer: which field, and whose, but not what.
  static func conflict(_ field: IdentifierField, owner: Int64) -> RPCError {
    reason(
      .alreadyExists, IdentityRequest.conflictReason,
      "\(field.rawValue) belongs to customer \(owner). Leave it out, change that customer first, "
        + "or send on_conflict ON_CONFLICT_KEEP_EXISTING to apply the rest.",
      metadata: ["field": field.rawValue, "customer_id": String(owner)])
  }

  /// The identifiers belong to records that would have to become one.
  static func mergeRequired(_ ids: [Int64]) -> RPCError {
    let list = ids.map(String.init).joined(separator: ", ")
    return reason(
      .failedPrecondition, IdentityRequest.mergeReason,
      "The identifiers belong to customers \(list), which would have to be merged. "
        + "This version of patrond does not merge: send the identifiers of one of them only.",
      metadata: ["customer_ids": ids.map(String.init).joined(separator: ",")])
  }

  /// What the identity rules refuse.
  static func identity(_ error: RuleError) -> RPCError {
    guard error.reason == "CONTACT_REQUIRED" else {
      return .invalid([Violation(path: "customer", error: error)])
    }
    return reason(.failedPrecondition, error.reason, error.message)
  }
}

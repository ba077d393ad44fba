package import PatronModel
internal import PatronProto
package import PatronStore

/// The record that an input names.
package struct IdentityResolution {
  /// The decision of the identity rules.
  var decision: IdentityDecision
  /// The record to change; nil for a new customer.
  package var row: CustomerRow?
  /// Identifiers that were left out because they belong to other customers, or would replace the
  /// customer's.
  package var kept: [IdentifierField] = []
  /// The owner of the phone number that was left out.
  package var phoneOwner: Int64?
  /// The records to merge first; `row` is the merged record.
  var merges: CustomerMerges?
  /// Channels of which the input gives an address that is only an alias of the customer.
  package var formerAddresses: Set<PatronModel.Channel> = []

  /// Finds the record that a draft names. Identifiers of other customers are left out of the draft
  /// if `onConflict` allows it. Records that are surely one person's are to be merged: the rules
  /// decide, and the decision is then about the merged record. With `replaces` the record gets the
  /// draft's values, even over its own: addresses if it has an external id, and tags. `shared` are
  /// the addresses that were taken out of the draft.
  ///
  /// - Throws: ALREADY_EXISTS, FAILED_PRECONDITION, INVALID_ARGUMENT, as documented at
  ///   `CustomerService`.
  static func resolve(
    _ draft: inout CustomerDraft,
    _ mode: IdentityMode,
    _ onConflict: OnConflict,
    replaces: Bool,
    without shared: SharedAddresses,
    in reader: StoreReader
  ) throws -> IdentityResolution {
    var kept: [IdentifierField] = []
    var phoneOwner: Int64?
    var conflict: (any Error)? = shared.refusal
    var merges: CustomerMerges?
    func keep(_ field: IdentifierField, in request: IdentityRequest) {
      draft.drop(field)
      kept.append(field)
      if field == .phone { phoneOwner = request.byPhone?.customerID }
    }
    while true {
      let (request, rows) = try lookUp(draft.identifiers, mode, in: reader, merges)
      let decision = request.decide()
      switch decision {
      case .create:
        return IdentityResolution(
          decision: decision,
          row: nil,
          kept: kept,
          phoneOwner: phoneOwner
        )
      case .update(let id), .adopt(let id, _):
        let row = rows.first { $0.id == id }
        var found = IdentityResolution(
          decision: decision,
          row: row,
          kept: kept,
          phoneOwner: phoneOwner,
          merges: merges
        )
        found.leaveFormerAddresses(of: request, in: &draft, replaces: replaces)
        return found
      case .conflict(let field, let owner):
        // At most three identifiers: the loop ends.
        guard onConflict == .keepExisting else { throw DomainError.conflict(field, owner: owner) }
        conflict = conflict ?? DomainError.onlyContact(field, owner: owner)
        keep(field, in: request)
      case .mismatch(let field, let owner):
        let mismatch = IdentifierMismatch(field: field, ownerID: owner)
        guard onConflict == .keepExisting else { throw mismatch }
        conflict = conflict ?? mismatch
        keep(field, in: request)
      case .shared:
        keep(.phone, in: request)
      case .mergeRequired(let ids):
        // Merged records are one record from then on: this case comes once.
        guard merges == nil else { throw DomainError.unexpected }
        let takesAddresses = replaces && request.given.externalID != nil
        merges = try CustomerMerges(
          ids.compactMap { id in rows.first { $0.id == id } },
          taking: takesAddresses ? request.given : Identifiers(),
          replacesTags: replaces && draft.gives(.tags),
          in: reader
        )
      case .invalid(let error):
        // The identifiers that were left out were all that the draft had.
        throw conflict ?? DomainError.identity(error)
      }
    }
  }

  /// Notes the addresses of the input that are only aliases of the customer. If such an address is
  /// all that names the customer, it is left out and not taken for a new address. With an external
  /// id and `replaces` it is taken, because the shop states it.
  private mutating func leaveFormerAddresses(
    of request: IdentityRequest,
    in draft: inout CustomerDraft,
    replaces: Bool
  ) {
    guard let row else { return }
    let given = request.given
    guard given.externalID == nil || !replaces else { return }
    if let email = row.emailKey, request.byEmail?.customerID == row.id, given.emailKey != email {
      formerAddresses.insert(.email)
      if given.externalID == nil { draft.email = .leave }
    }
    if let phone = row.phone, request.byPhone?.customerID == row.id, given.phone != phone {
      if PhoneSpellings.twin(of: phone) != given.phone { formerAddresses.insert(.sms) }
      if given.externalID == nil { draft.phone = .leave }
    }
  }

  /// Refuses identifiers that belong to another customer than `row`. A record without an identifier
  /// of the shop's is surely the same person's and is to be merged into `row`.
  ///
  /// - Throws: ALREADY_EXISTS `IDENTIFIER_CONFLICT`, and the refusals of a merge.
  static func resolve(
    _ draft: CustomerDraft,
    on row: CustomerRow,
    in reader: StoreReader
  ) throws -> IdentityResolution {
    let given = draft.identifiers
    let keys: [(IdentifierField, CustomerKey?)] = [
      (.externalID, given.externalID.map(CustomerKey.externalID)),
      (.email, given.emailKey.map(CustomerKey.email)),
      (.phone, given.phone.map(CustomerKey.phone)),
    ]
    var guests: [CustomerRow] = []
    for (field, key) in keys {
      guard let key, let owner = try reader.customerRow(key), owner.id != row.id else { continue }
      if field == .externalID || owner.match.hasOwnExternalID {
        throw DomainError.conflict(field, owner: owner.id)
      }
      if !guests.contains(where: { $0.id == owner.id }) { guests.append(owner) }
    }
    let decision = IdentityDecision.adopt(row.id, previousExternalID: nil)
    guard !guests.isEmpty else { return IdentityResolution(decision: decision, row: row) }
    let merges = try CustomerMerges(
      row,
      guests,
      taking: given,
      replacesTags: draft.gives(.tags),
      in: reader
    )
    return IdentityResolution(decision: decision, row: merges.row, merges: merges)
  }

  private static func lookUp(
    _ given: Identifiers,
    _ mode: IdentityMode,
    in reader: StoreReader,
    _ merges: CustomerMerges?
  ) throws -> (IdentityRequest, [CustomerRow]) {
    var rows: [CustomerRow] = []
    // Identifiers are unique: if a row that was found has the next identifier too, it is the
    // answer.
    func find(_ key: CustomerKey?, _ isSame: (CustomerRow) -> Bool) throws -> IdentityMatch? {
      guard let key else { return nil }
      let found = try rows.first(where: isSame) ?? reader.customerRow(key, withProvenance: true)
      guard var row = found else { return nil }
      if let merges, merges.has(row.id) { row = merges.row }
      if !rows.contains(where: { $0.id == row.id }) { rows.append(row) }
      return row.match
    }
    let byExternalID = try find(given.externalID.map(CustomerKey.externalID)) { _ in false }
    let byEmail = try find(given.emailKey.map(CustomerKey.email)) { $0.emailKey == given.emailKey }
    let byPhone = try find(given.phone.map(CustomerKey.phone)) { $0.phone == given.phone }
    let request = IdentityRequest(
      mode: mode,
      given: given,
      byExternalID: byExternalID,
      byEmail: byEmail,
      byPhone: byPhone
    )
    return (request, rows)
  }
}

extension CustomerRow {
  /// The customer in the form of the identity rules.
  var match: IdentityMatch {
    IdentityMatch(customerID: id, externalID: externalID, emailKey: emailKey, phone: phone)
  }
}

extension DomainError {
  /// Returns the error for an identifier that belongs to another customer. It has the field and the
  /// owner, never the value.
  static func conflict(_ field: IdentifierField, owner: Int64) -> DomainError {
    reason(
      .alreadyExists,
      IdentityRequest.conflictReason,
      "\(field.rawValue) belongs to customer \(owner). Leave it out, or change that customer "
        + "first. UpsertCustomer leaves it out by itself with on_conflict "
        + "ON_CONFLICT_KEEP_EXISTING.",
      metadata: ["field": field.rawValue, "customer_id": String(owner)]
    )
  }

  /// Returns the error for an identifier of another customer that would be left out, although it is
  /// the only address of the new customer.
  fileprivate static func onlyContact(_ field: IdentifierField, owner: Int64) -> DomainError {
    reason(
      .alreadyExists,
      IdentityRequest.conflictReason,
      "\(field.rawValue) belongs to customer \(owner), and without it a new customer would have "
        + "neither e-mail address nor phone number. Give another address, or merge or change that "
        + "customer first.",
      metadata: ["field": field.rawValue, "customer_id": String(owner)]
    )
  }

  /// Makes an error of a refusal by the identity rules.
  package static func identity(_ error: RuleError) -> DomainError {
    guard error.reason == "CONTACT_REQUIRED" else {
      return .invalid([Violation(path: "customer", error: error)])
    }
    return reason(.failedPrecondition, error.reason, error.message)
  }
}

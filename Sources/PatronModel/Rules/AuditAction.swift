/// The kinds of rows of the audit log. Raw values are those of the contract and of the database.
package enum AuditAction: String, Sendable, Hashable, CaseIterable {
  case keyCreate = "key.create"
  case keyRotate = "key.rotate"
  case keyRevoke = "key.revoke"
  /// A name, such as a certificate's, now stands for a key.
  case keyBind = "key.bind"
  case keyUnbind = "key.unbind"
  case storeCreate = "store.create"
  case storeDelete = "store.delete"
  case settingsUpdate = "settings.update"
  /// A change of consent that an operator or a platform made, not the customer.
  case consentChange = "consent.change"
  /// A change of consent in the customer's name, without a trace of the customer in its evidence or
  /// by a call for a person.
  case consentClaim = "consent.claim"
  case suppressionAdd = "suppression.add"
  case suppressionLift = "suppression.lift"
  /// The begin of an erasure. The customer's record is gone.
  case erasureBegin = "erasure.begin"
  /// The completion of an erasure. The customer's history is gone.
  case erasureComplete = "erasure.complete"
  case mergePerform = "merge.perform"
  case mergeUndo = "merge.undo"
  /// The begin of an export of a store's customers. The rows of exports are written before the
  /// first byte is sent.
  case customersExport = "customers.export"
  /// The begin of an export of one customer.
  case timelineExport = "timeline.export"
  /// A page of a store's suppressions.
  case suppressionsExport = "suppressions.export"
  /// Attempts without a valid key. One row counts the attempts of a peer in about a minute.
  case authenticationFail = "authentication.fail"
  /// Calls that a key's scopes or store do not allow. Counted in the same way.
  case permissionDeny = "permission.deny"
  /// The removal of the log's oldest rows.
  case auditPrune = "audit.prune"
  /// The begin of a backup. The row is in the copy.
  case backupCreate = "backup.create"
}

extension AuditAction {
  /// The group of an action, which is the word before the dot.
  private var group: Substring { rawValue.prefix { $0 != "." } }

  /// The names that ``named(_:)`` takes: groups, and then actions.
  package static let names: [String] = {
    var groups: [String] = []
    for action in allCases where !groups.contains(String(action.group)) {
      groups.append(String(action.group))
    }
    return groups + allCases.map(\.rawValue)
  }()

  /// Returns the action with a name, as `merge.perform`, or all of a group, as `merge`.
  ///
  /// - Throws: `ACTION_UNKNOWN`.
  package static func named(_ text: String) throws(RuleError) -> [AuditAction] {
    let found = allCases.filter { $0.rawValue == text || $0.group == text }
    guard found.isEmpty else { return found }
    throw unknown(text, among: names, "or the word before the dot for all of a group")
  }

  /// Returns the action with exactly this name.
  ///
  /// - Throws: `ACTION_UNKNOWN`.
  package static func exactly(_ text: String) throws(RuleError) -> AuditAction {
    guard let action = AuditAction(rawValue: text) else {
      throw unknown(text, among: allCases.map(\.rawValue), "each in full")
    }
    return action
  }

  private static func unknown(
    _ text: String,
    among names: [String],
    _ form: String
  ) -> RuleError {
    let near = NearestNames.of(text, among: names).first.map { " Did you mean `\($0)`?" } ?? ""
    let all = allCases.map(\.rawValue).joined(separator: ", ")
    return RuleError(
      reason: "ACTION_UNKNOWN",
      message: "There is no such action.\(near) Expected are \(all), \(form).",
      given: text
    )
  }
}

extension ConsentActor {
  /// True if the audit log records all of this actor's changes of consent. A customer's own
  /// statements, and what Patron derives, are in the consent ledger alone, unless they are
  /// ``AuditAction/consentClaim``.
  package var isAudited: Bool {
    switch self {
    case .operator, .platform: true
    case .customer, .system: false
    }
  }
}

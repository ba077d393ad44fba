internal import PatronModel
internal import PatronProto
internal import PatronStore

extension ConsentChanges {
  /// Records in the audit log what the customer did not do, or may not have done: changes by
  /// operators and platforms, states that an import claims, and what a caller did in the customer's
  /// name without a trace of the customer. A merge and its end are rows of their own.
  func recordAudited(of customerID: Int64, in writer: StoreWriter) {
    for change in changes {
      guard let action = change.auditAction(by: writer.auditCaller) else { continue }
      writer.record(action, [.customer(customerID)])
    }
  }
}

extension ConsentChanges.Change {
  /// Returns the kind of the row about the change, or nil if it has none.
  fileprivate func auditAction(by caller: AuditCaller) -> AuditAction? {
    guard !isOfMerge else { return nil }
    guard !row.actor.isAudited, row.action != .importState else { return auditedKind }
    return isClaim(of: caller) ? .consentClaim : nil
  }

  private var auditedKind: AuditAction {
    switch row.action {
    case .suppress: .suppressionAdd
    case .unsuppress: .suppressionLift
    case .subscribe, .request, .confirm, .unsubscribe, .importState, .addressChange: .consentChange
    }
  }

  /// Returns true for a change that the caller may have made in the customer's name: anything for a
  /// person whom it names, and what lets messages through if its evidence has no trace of the
  /// customer. Whoever may write consent could keep it out of the log by its actor otherwise.
  private func isClaim(of caller: AuditCaller) -> Bool {
    guard row.action != .addressChange else { return false }
    if !caller.onBehalfOf.isEmpty { return true }
    let permits = row.action == .unsuppress || row.newState == .subscribed
    return caller.keyID != nil && permits && !evidence.hasTrace
  }
}

extension ConsentEvidence {
  /// True if the evidence says where the customer did it: a page, a form, a text message.
  fileprivate var hasTrace: Bool {
    !ip.isEmpty || !pageURL.isEmpty || !formID.isEmpty || method == .keyword
  }
}

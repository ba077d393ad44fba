internal import PatronModel
internal import PatronStore

extension ConsentChanges {
  /// Records in the audit log what the customer did not do: changes by operators and platforms, and
  /// states that an import claims. A merge and its end are rows of their own.
  func recordAudited(of customerID: Int64, in writer: StoreWriter) {
    for change in changes where change.isAudited {
      writer.record(change.auditAction, [.customer(customerID)])
    }
  }
}

extension ConsentChanges.Change {
  fileprivate var isAudited: Bool {
    guard row.source != ConsentSource.merge, row.source != ConsentSource.unmerge else {
      return false
    }
    return row.actor.isAudited || row.action == .importState
  }

  fileprivate var auditAction: AuditAction {
    switch row.action {
    case .suppress: .suppressionAdd
    case .unsuppress: .suppressionLift
    case .subscribe, .request, .confirm, .unsubscribe, .importState, .addressChange: .consentChange
    }
  }
}

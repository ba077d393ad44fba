internal import PatronCore
internal import PatronFiles
internal import PatronProto
internal import PatronServer
internal import TTRPC

extension Routes {
  /// Adds the method of AdminService about the audit log.
  mutating func addAudit() {
    point(
      AdminService.listAudit,
      runsLong: AdminHandlers.readsManyAuditRows,
      AdminHandlers.listAudit
    )
  }
}

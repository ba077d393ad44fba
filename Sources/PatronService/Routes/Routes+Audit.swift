internal import PatronCore
internal import PatronFiles
internal import PatronProto
internal import PatronServer
internal import TTRPC

extension Routes {
  /// Adds the methods of AdminService about the audit log.
  mutating func addAudit() {
    point(
      AdminService.listAudit,
      runsLong: AdminHandlers.readsManyAuditRows,
      AdminHandlers.listAudit
    )
    write(
      AdminService.pruneAudit,
      prepare: AdminHandlers.preparePruneAudit,
      apply: AdminHandlers.pruneAudit
    )
  }
}

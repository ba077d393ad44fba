internal import PatronProto
internal import PatronServer
internal import TTRPC

extension Routes {
  /// Adds the method of OperationsService that makes backups.
  mutating func addBackup() {
    operation(
      OperationsService.createBackup,
      prepare: BackupHandler.prepare,
      begin: BackupHandler.begin
    )
  }
}

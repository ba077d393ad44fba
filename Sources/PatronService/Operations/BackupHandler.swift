internal import PatronCore
internal import PatronFiles
internal import PatronModel
package import PatronProto
internal import PatronServer
package import PatronStore
internal import ProtobufC
internal import TTRPC

/// CreateBackup of OperationsService.
enum BackupHandler {
  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepare(_ request: CreateBackupRequest, _ call: CallContext) throws -> BackupFile {
    guard call.isOperator else { throw DomainError.operatorNeeded }
    guard request.path.hasPrefix("/"), !request.path.hasSuffix("/") else {
      throw DomainError.invalid(
        "path",
        "PATH_NOT_ABSOLUTE",
        "Expected is the absolute path of the file to write, on the server's machine."
      )
    }
    return BackupFile(path: request.path)
  }

  /// Begins the backup. Its progress and its end are sent from other threads.
  static func begin(_ file: BackupFile, _ context: OperationContext) throws {
    let task = BackupTask(file) { progress in
      context.send(
        CreateBackupResponse.with {
          $0.copiedPages = Int64(progress.copied)
          $0.totalPages = Int64(progress.total)
        }
      )
    } onEnd: { result in
      switch result {
      case .success(let record):
        context.send(CreateBackupResponse.with { $0.backup = BackupStatus(record) })
        context.finish(nil)
      case .failure(let error):
        context.finish(error)
      }
    }
    try context.store.beginBackup(task, by: context.auditCaller)
    context.onCancel { task.cancel() }
  }
}

extension BackupStatus {
  /// Creates the answer about a finished backup.
  package init(_ record: BackupRecord) {
    self.init()
    path = record.path
    finishedAt = .init(micros: record.finishedAt)
    sizeBytes = record.bytes
    sha256 = AuditTarget.hex(record.sha256)
    schemaVersion = Int32(clamping: record.facts.schemaVersion)
    lastAuditSequence = record.facts.lastAuditSequence
  }
}

import PatronOps
import PatronProto
import PatronServer
import PatronService
import PatronStore
import ProtobufC
import TTRPC

/// The state of the server for GetStatus. Usable on any thread.
struct StatusBoard: Sendable {
  let state: OpsState
  let store: Store
  let reloader: Reloader

  /// The present state. A few system calls.
  var status: GetStatusResponse {
    let now = state.status
    var status = GetStatusResponse()
    status.version = now.version
    status.sqliteVersion = now.sqliteVersion
    status.startedAt = .with { $0.seconds = state.startedAt }
    status.ready = now.unreadiness.isEmpty
    status.notReadyReason = now.unreadiness.joined(separator: "; ")
    status.addresses = now.addresses
    if let database = now.database { Self.add(database, &status) }
    if let clients = now.clients { Self.add(clients, &status) }
    status.commits = Int64(clamping: store.commitCounter.current)
    status.residentBytes = Int64(ProcessUse.residentBytes() ?? 0)
    status.lastBackup = store.backups.last.map(BackupStatus.init)
    status.backupRunning = store.backups.isRunning
    status.settings = reloader.settings.values.map { value in
      .with {
        $0.name = value.setting.name
        $0.value = value.text
        $0.origin = value.origin.name
      }
    }
    return status
  }

  private static func add(_ database: ServerStatus.Database, _ status: inout GetStatusResponse) {
    status.schemaVersion = Int32(clamping: database.schemaVersion)
    status.databaseBytes = Int64(database.bytes)
    status.databaseFreeBytes = Int64(database.freeBytes)
    status.logBytes = Int64(database.logBytes)
    status.diskFreeBytes = Int64(database.freeDiskBytes ?? 0)
    status.queuedWrites = Int32(clamping: database.queue.jobs)
    status.queuedWriteBytes = Int64(database.queue.bytes)
    status.runningScans = Int32(clamping: database.streams.running + database.reads.running)
  }

  private static func add(_ clients: ServerStatus.Clients, _ status: inout GetStatusResponse) {
    status.openConnections = Int32(clamping: clients.connections)
    status.callsInFlight = Int32(clamping: clients.callsInFlight)
    status.watches = Int32(clamping: clients.watches)
  }
}

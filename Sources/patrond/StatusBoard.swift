import Foundation
import PatronProto
import PatronStore
import ProtobufC
import Synchronization
import TTRPCNIO

/// The state of the server for GetStatus. Usable on any thread.
final class StatusBoard: Sendable {
  private struct State {
    var server: TTRPCServer?
    var startedAt = 0
    var isDraining = false
  }

  private let store: Store?
  private let reloader: Reloader?
  private let state = Mutex(State())

  /// Creates the board of a server; of a command that serves itself without a store and settings.
  init(store: Store? = nil, reloader: Reloader? = nil) {
    self.store = store
    self.reloader = reloader
  }

  /// Records that the server accepts calls.
  func serves(_ server: TTRPCServer) {
    state.withLock { state in
      state.server = server
      state.startedAt = Int(WallClock.system.now() / 1_000_000)
    }
  }

  /// Records that the server finishes its calls, and lets it go.
  func drains() {
    state.withLock { state in
      state.isDraining = true
      state.server = nil
    }
  }

  /// The present state. A few system calls.
  var status: GetStatusResponse {
    let state = state.withLock { ($0.server, $0.startedAt, $0.isDraining) }
    var status = GetStatusResponse()
    status.version = ServerVersion.text
    status.sqliteVersion = DatabaseLook.libraryVersion
    status.schemaVersion = Int32(Migration.all.count)
    status.startedAt = .with { $0.seconds = Int64(state.1) }
    status.ready = !state.2
    status.notReadyReason = state.2 ? "DRAINING" : ""
    status.addresses = state.0?.addresses.map(\.description) ?? []
    status.residentBytes = Self.residentBytes
    if let store { addDatabase(store, &status) }
    status.settings =
      reloader?.settings.values.map { value in
        .with {
          $0.name = value.setting.name
          $0.value = value.text
          $0.origin = value.origin.name
        }
      } ?? []
    return status
  }

  private func addDatabase(_ store: Store, _ status: inout GetStatusResponse) {
    let path = store.directory.databasePath
    var information = stat()
    if stat(path, &information) == 0 { status.databaseBytes = Int64(information.st_size) }
    if stat(path + "-wal", &information) == 0 { status.logBytes = Int64(information.st_size) }
    var volume = statvfs()
    if statvfs(path, &volume) == 0 {
      status.diskFreeBytes =
        Int64(clamping: volume.f_bavail) * Int64(clamping: volume.f_frsize)
    }
    status.commits = Int64(clamping: store.commitCounter.current)
  }

  private static var residentBytes: Int64 {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let fields = text.split(separator: " ")
    return (fields.count > 1 ? Int64(fields[1]) ?? 0 : 0) * Int64(getpagesize())
  }
}

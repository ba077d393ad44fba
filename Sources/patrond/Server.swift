import ArgumentParser
import Foundation
import Logging
import PatronCore
import PatronOps
import PatronServer
import PatronService
import PatronStore
import ServiceLifecycle
import TTRPC
import TTRPCNIO
import UnixSignals

/// The life cycle of the server: open the database, listen, wait for SIGTERM or SIGINT, drain,
/// close.
struct Server {
  let storeOptions: StoreOptions
  /// The address of the operator's listener, or nil for none.
  let opsAddress: ListenAddress?
  let addresses: [ListenAddress]
  let tls: ServerTLS?
  let threads: Int
  let limits: Limits
  let auth: Gate.Mode
  let callerLimits: CallerLimitOptions
  let settings: StartSettings
  let readyFile: String?
  let watches: WatchHub
  let backups: BackupOptions.Schedule?
  let memory: MemoryBound
  /// The socket of the service manager; nil without one.
  private let notify = NotifySocket.ofEnvironment

  func run() async throws {
    try checkCertificates()
    let ops = OpsState(version: ServerVersion.text, startedAt: WallClock.system.now() / 1_000_000)
    // Before the database is open, so that a start that takes long can be seen.
    let opsServer = try await startOps(ops)
    do {
      try await serve(ops)
    } catch {
      await opsServer?.shutdown()
      throw error
    }
    await opsServer?.shutdown()
  }

  /// Starts the operator's listener, if there is one.
  private func startOps(_ state: OpsState) async throws -> OpsServer? {
    guard let opsAddress else { return nil }
    do {
      let server = try await OpsServer.start(opsAddress, of: state)
      report("metrics, health and status on \(server.address)")
      return server
    } catch {
      throw Failure(description: "--ops-listen: \(error)")
    }
  }

  private func serve(_ ops: OpsState) async throws {
    let log = Logger(label: "patrond") { _ in StandardErrorLog() }
    var options = storeOptions
    options.beginsStores = auth == .off
    options.commitObserver = { [watches] changes in watches.observe(changes) }
    let clock = WallClock.system
    let uses = KeyUses()
    options.upkeep = .together([ExpiredAnswers.upkeep(clock: clock).spaced, uses.upkeep])
    let store = try Store.opened(options, clock: clock)
    var configuration = TTRPCServer.Configuration()
    configuration.limits = limits
    configuration.threads = threads
    configuration.tls = tls
    configuration.counts = opsAddress != nil
    configuration.onNotice = { log.warning("\($0)") }
    let failures = AuthenticationFailures(log: log)
    let overruns = LimitRefusals(log: log)
    let gate = Gate(
      auth,
      of: store,
      ofKeys: callerLimits.ofKeys,
      ofStores: callerLimits.ofStores,
      uses: uses,
      failures: failures,
      overruns: overruns
    )
    let reloader = Reloader(
      settings,
      parts: [Self.limits(of: gate, in: store)],
      log: log,
      read: StartSettings.ofProcess
    )
    configuration.operatorSocket = options.directory + "/" + OperatorSession.socketName
    let calls = CallService(
      store: store,
      gate: gate,
      watches: watches,
      addresses: addresses,
      configuration: configuration,
      clock: clock,
      log: log,
      ops: CallService.Ops(state: ops, failures: failures),
      notify: notify,
      board: StatusBoard(store: store, reloader: reloader),
      onReady: announce
    )
    let scheduled: BackupService?
    do {
      scheduled = try makeBackups(of: store, clock, log)
    } catch {
      store.close()
      throw error
    }
    // The group stops its services in the reverse order: the database closes after the last call.
    var services: [any Service] = [
      DatabaseService(store: store, uses: uses),
      RefusalService(records: RefusalRecords(failures, in: store), overruns: overruns),
      ReloadService(reloader: reloader),
    ]
    if let scheduled { services.append(scheduled) }
    let group = ServiceGroupConfiguration(
      services: services + [calls],
      gracefulShutdownSignals: [.sigterm, .sigint],
      logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
    )
    do {
      try await ServiceGroup(configuration: group).run()
    } catch {
      store.close()
      throw error
    }
  }

  /// The limits of keys and stores, which SIGHUP changes.
  private static func limits(of gate: Gate, in store: Store) -> Reloadable {
    Reloadable(names: Set(Setting.callers.map(\.name))) { command in
      gate.replaceLimits(
        ofKeys: command.callerLimits.ofKeys,
        ofStores: command.callerLimits.ofStores,
        in: store
      )
    }
  }

  /// Returns the service of scheduled backups; nil if there are none.
  private func makeBackups(
    of store: Store,
    _ clock: WallClock,
    _ log: Logger
  ) throws -> BackupService? {
    guard let backups else { return nil }
    do {
      return BackupService(
        backups: try ScheduledBackups(
          in: backups.folder,
          every: backups.interval,
          keep: backups.keep,
          of: store,
          clock: clock
        ),
        hook: backups.hook.map(BackupHook.init),
        log: log
      )
    } catch {
      throw Failure(description: "--backup-dir: \(error)")
    }
  }

  /// Reads the certificates before a data directory is made for a server that cannot start.
  private func checkCertificates() throws {
    do {
      try tls?.check()
    } catch {
      throw Failure(description: "\(error)")
    }
  }

  private func announce(_ addresses: [ListenAddress]) {
    let names = addresses.map(\.description)
    let list = names.joined(separator: ", ")
    report("patrond \(ServerVersion.text) serves \(storeOptions.directory) on \(list)")
    report(memory.description)
    notify?.send("READY=1", "STATUS=serves \(storeOptions.directory) on \(list)")
    guard let readyFile, let first = names.first else { return }
    do {
      try Data(first.utf8).write(to: URL(fileURLWithPath: readyFile), options: .atomic)
    } catch {
      report("cannot write --ready-file \(readyFile): \(error.localizedDescription)")
    }
  }
}

/// The open database as a service: it closes when everything that uses it has stopped, after the
/// last uses of keys were written.
struct DatabaseService: Service {
  let store: Store
  let uses: KeyUses

  func run() async throws {
    try await gracefulShutdown()
    uses.writeLast(to: store)
    store.close()
    report("stopped")
  }
}

/// Writes one line to standard error.
func report(_ text: String) {
  FileHandle.standardError.write(Data((text + "\n").utf8))
}

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
  let log: ServerLog
  /// The least time of a slow call; nil if none is logged.
  let slowCall: Duration?
  /// The socket of the service manager; nil without one.
  private let notify = NotifySocket.ofEnvironment

  func run() async throws {
    try checkCertificates()
    // Writes of a log without a reader are errors, which are counted.
    signal(SIGPIPE, SIG_IGN)
    let ops = OpsState(
      version: ServerVersion.text,
      startedAt: WallClock.system.now() / 1_000_000,
      droppedLogLines: { [log] in log.droppedLines }
    )
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
      log[.ops].info("metrics, health and status on \(server.address)")
      return server
    } catch {
      throw Failure(description: "--ops-listen: \(error)")
    }
  }

  private func serve(_ ops: OpsState) async throws {
    let clock = WallClock.system
    let uses = KeyUses()
    let store = try openStore(uses, clock)
    let failures = AuthenticationFailures(log: log[.keys])
    let overruns = LimitRefusals(log: log[.keys])
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
      log: log[.server],
      read: StartSettings.ofProcess
    )
    let calls = CallService(
      store: store,
      gate: gate,
      watches: watches,
      addresses: addresses,
      configuration: configuration(),
      clock: clock,
      log: log,
      ops: CallService.Ops(state: ops, failures: failures),
      notify: notify,
      board: StatusBoard(state: ops, store: store, reloader: reloader),
      slowCall: slowCall,
      onReady: announce
    )
    do {
      // The group stops its services in the reverse order: the database closes after the last call.
      var services: [any Service] = [
        DatabaseService(store: store, uses: uses, log: log[.server]),
        RefusalService(records: RefusalRecords(failures, in: store), overruns: overruns),
        ReloadService(reloader: reloader),
      ]
      if let scheduled = try makeBackups(of: store, clock) { services.append(scheduled) }
      let group = ServiceGroupConfiguration(
        services: services + [calls],
        gracefulShutdownSignals: [.sigterm, .sigint],
        logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
      )
      try await ServiceGroup(configuration: group).run()
    } catch {
      store.close()
      throw error
    }
  }

  private func openStore(_ uses: KeyUses, _ clock: WallClock) throws -> Store {
    var options = storeOptions
    options.beginsStores = auth == .off
    options.commitObserver = { [watches] changes in watches.observe(changes) }
    options.upkeep = .together([ExpiredAnswers.upkeep(clock: clock).spaced, uses.upkeep])
    options.onEvent = StoreLog.observer(log[.store])
    options.onFailStop = { [log] reason in
      log[.store].critical("stopping at once: \(reason)")
      log.close()
      _exit(74)
    }
    return try Store.opened(options, clock: clock, telling: .log(log[.store]))
  }

  private func configuration() -> TTRPCServer.Configuration {
    var configuration = TTRPCServer.Configuration()
    configuration.limits = limits
    configuration.threads = threads
    configuration.tls = tls
    configuration.counts = true
    configuration.onNotice = { [log = log[.connections]] in log.warning("\($0)") }
    configuration.onEnd = { [log = log[.connections]] connection in
      ConnectionLog.ended(connection.id, connection.peer, connection.reason, log)
    }
    configuration.onTLSNotice = { [log = log[.tls]] in log.warning("\($0)") }
    configuration.operatorSocket = storeOptions.directory + "/" + OperatorSession.socketName
    return configuration
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
  private func makeBackups(of store: Store, _ clock: WallClock) throws -> BackupService? {
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
        log: log[.backup]
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
    let log = log[.server]
    log.info("patrond \(ServerVersion.text) serves \(storeOptions.directory) on \(list)")
    log.info("\(memory.description)")
    notify?.send("READY=1", "STATUS=serves \(storeOptions.directory) on \(list)")
    guard let readyFile, let first = names.first else { return }
    do {
      try Data(first.utf8).write(to: URL(fileURLWithPath: readyFile), options: .atomic)
    } catch {
      log.error("cannot write --ready-file \(readyFile): \(error.localizedDescription)")
    }
  }
}

/// The open database as a service: it closes when everything that uses it has stopped, after the
/// last uses of keys were written.
struct DatabaseService: Service {
  let store: Store
  let uses: KeyUses
  let log: Logger

  func run() async throws {
    try await gracefulShutdown()
    uses.writeLast(to: store)
    store.close()
    log.info("stopped")
  }
}

/// Writes one line to standard error.
@Sendable
func report(_ text: String) {
  FileHandle.standardError.write(Data((text + "\n").utf8))
}

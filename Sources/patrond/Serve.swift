internal import ArgumentParser
import Foundation
import Logging
import PatronServer
import PatronStore
import TTRPC
import TTRPCNIO

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve the data directory (the default command).",
    discussion: """
      Without --tls-cert the server listens only on the loopback interface and on Unix sockets, \
      unless --insecure-listen allows more.

      Exit status: 0 after a signal, 1 if it could not start, 2 for wrong flags, 74 after a disk \
      failure: acknowledged writes are on disk, and the server can be restarted. Also 74 if a file \
      of the database was removed, renamed or replaced while the server ran.

      The server also listens on the Unix socket patron.sock in the data directory, for `patrond \
      keys` and `patrond stores`. Only its own user and root can use it.

      Every flag is also an environment variable (PATRON_MAX_CALLS for --max-calls) and a key of \
      the YAML file of --config (`max-calls: 100`). A flag wins over the variable, and that over \
      the file. `patrond config` checks and shows what a start would take. SIGHUP reads the file \
      again: docs/configuration.md names the settings that change then.
      """
  )

  @OptionGroup var data: DataOptions

  @Option(help: .setting("config")) var config: String?
  @Option(help: .setting("listen", saysDefault: false)) var listen = ["127.0.0.1:7420"]
  @Option(help: .setting("ready-file", saysDefault: false)) var readyFile: String?
  @Option(help: .setting("threads", saysDefault: false)) var threads = 1
  @Option(help: .setting("synchronous", saysDefault: false)) var synchronous = Synchronous.full
  @Flag(inversion: .prefixedNo, help: .setting("group-commit", saysDefault: false))
  var groupCommit = true
  @Option(help: .setting("watch-history")) var watchHistory: Int?
  @Option(help: .setting("max-watches")) var maxWatches: Int?

  @OptionGroup var auth: AuthOptions
  @OptionGroup(title: "Log") var log: LogOptions
  @OptionGroup(title: "Transport security") var tls: TLSOptions
  @OptionGroup(title: "Operation") var ops: OpsOptions
  @OptionGroup var memory: MemoryOptions
  @OptionGroup(title: "Backups") var backups: BackupOptions
  @OptionGroup(title: "Limits of the store") var storeLimits: StoreLimitOptions
  @OptionGroup(title: "Limits on clients") var limits: LimitOptions
  @OptionGroup(title: "Limits of keys and stores") var callerLimits: CallerLimitOptions

  func validate() throws {
    try Setting.check(threads, "threads")
    if let watchHistory { try Setting.check(watchHistory, "watch-history") }
    if let maxWatches { try Setting.check(maxWatches, "max-watches") }
    _ = try auth.mode(for: addresses())
    _ = try limits.limits()
    _ = try storeLimits.limits()
  }

  /// Serves until a signal, with the settings from which this command was parsed.
  func run(_ start: StartSettings) async throws {
    // Until the server listens for it, SIGHUP must not end the process.
    signal(SIGHUP, SIG_IGN)
    let log = try log.makeLog()
    // An error that ends the start is printed behind the lines of the log.
    defer { log.close() }
    var options = StoreOptions(directory: data.data, migrations: Migration.all)
    options.durability = synchronous.durability
    options.groupCommit = groupCommit
    let plan = try plan { try fittingConnections($0, $1, log) }
    options.limits = plan.store
    try await Server(
      storeOptions: options,
      opsAddress: try ops.address(),
      addresses: try addresses(),
      tls: try tls.settings(),
      threads: threads,
      limits: plan.limits,
      auth: try auth.mode(for: addresses()),
      callerLimits: callerLimits,
      settings: start,
      readyFile: readyFile,
      watches: WatchHub(plan.watches),
      backups: try backups.schedule(),
      memory: MemoryBound(plan),
      log: log,
      slowCall: self.log.slowCall
    ).run()
  }

  /// Returns the limits of a server with these settings, as far as memory follows from them.
  ///
  /// - Parameter fitting: Returns the number of connections to allow, for the wanted number and the
  ///   threads for long reads.
  /// - Throws: a usage error if a value is out of range, or if `--memory-mib` is too low.
  func plan(_ fitting: (Int, Int) throws -> Int) throws -> MemoryBound.Settings {
    let store = try storeLimits.limits()
    var watches = WatchSettings()
    watches.history = watchHistory
    if let maxWatches { watches.maxWatches = maxWatches }
    var limits = try limits.limits()
    if try auth.mode(for: addresses()) == .keys {
      limits.unauthenticated = UnauthenticatedLimits()
    }
    limits.connections = try fitting(limits.connections, store.maxReadThreads)
    return try memory.fitting(
      MemoryBound.Settings(
        limits: limits,
        store: store,
        watches: watches,
        threads: threads,
        encrypts: try tls.settings() != nil
      ),
      set: setParts
    )
  }

  /// The limits with flags of their own that were given, which `--memory-mib` leaves as they are.
  private var setParts: Set<MemoryBound.Scaled> {
    var parts: Set<MemoryBound.Scaled> = []
    if limits.totalOutboundBytes != nil { parts.insert(.answers) }
    if limits.totalInboundBytes != nil { parts.insert(.requests) }
    if storeLimits.maxQueuedWriteMib != nil { parts.insert(.writes) }
    if storeLimits.cacheMib != nil { parts.insert(.records) }
    return parts
  }

  /// Raises the limit of open files, and returns the number of connections that fits it. Reports a
  /// number that is lower than the wanted one.
  private func fittingConnections(
    _ wanted: Int,
    _ readThreads: Int,
    _ log: ServerLog
  ) throws -> Int {
    let files = OpenFiles.raised()
    let fitting = try files.connections(
      wanted: wanted,
      threads: threads,
      readThreads: readThreads,
      forOps: try ops.address() != nil
    )
    if fitting < wanted {
      log[.server].warning(
        """
        \(fitting) connections instead of \(wanted) (--max-connections), because the process may \
        open \(files.limit) files: raise the hard limit (ulimit -Hn, LimitNOFILE= in systemd)
        """
      )
    }
    return fitting
  }

  /// The addresses to listen on.
  func addresses() throws -> [ListenAddress] {
    try listen.map { try tls.address($0) }
  }
}

/// The values of `--synchronous`.
enum Synchronous: String, ExpressibleByArgument, CaseIterable {
  case full
  case normal
  case off

  var durability: Durability {
    switch self {
    case .full: .full
    case .normal: .normal
    case .off: .off
    }
  }
}

internal import ArgumentParser
import Foundation
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
      """
  )

  @OptionGroup var data: DataOptions

  @Option(
    help: ArgumentHelp(
      "Address to listen on; port 0 selects a free port. With --tls-cert, plain:HOST:PORT is one "
        + "of the loopback interface without TLS. Repeatable. Also PATRON_LISTEN.",
      valueName: "host:port|unix:path"
    )
  )
  var listen: [String] = [Environment.value("PATRON_LISTEN") ?? "127.0.0.1:7420"]

  @Option(
    help: ArgumentHelp(
      "Write the first listening address to this file once the server accepts calls.",
      valueName: "file"
    )
  )
  var readyFile: String?

  @Option(
    help: ArgumentHelp("Number of threads that serve connections, 1 to 64.", valueName: "count")
  )
  var threads = 1

  @Option(
    help: """
      When to acknowledge a write: `full` once it is on disk; `normal` once the system has it, so \
      that a power failure may lose the latest writes; `off` for tests.
      """
  )
  var synchronous: Synchronous = .full

  @Flag(inversion: .prefixedNo, help: "Commit all waiting writes in one transaction.")
  var groupCommit = true

  @Option(
    help: ArgumentHelp(
      "Number of a store's newest events that a watch may go back to. (default: all)",
      valueName: "events"
    )
  )
  var watchHistory: Int?

  @Option(
    help: ArgumentHelp(
      "Number of watches that may be open at the same time. (default: 16384)",
      valueName: "watches"
    )
  )
  var maxWatches: Int?

  @OptionGroup var auth: AuthOptions
  @OptionGroup(title: "Transport security") var tls: TLSOptions
  @OptionGroup(title: "Operation") var ops: OpsOptions
  @OptionGroup var memory: MemoryOptions
  @OptionGroup(title: "Backups") var backups: BackupOptions
  @OptionGroup(title: "Limits of the store") var storeLimits: StoreLimitOptions
  @OptionGroup(title: "Limits on clients") var limits: LimitOptions
  @OptionGroup(title: "Limits of keys and stores") var callerLimits: CallerLimitOptions

  func validate() throws {
    guard (1...64).contains(threads) else {
      throw ValidationError("--threads is \(threads); expected 1 to 64.")
    }
    if let watchHistory, !(1...1_000_000).contains(watchHistory) {
      throw ValidationError("--watch-history is \(watchHistory); expected 1 to 1000000.")
    }
    if let maxWatches, !(1...1_000_000).contains(maxWatches) {
      throw ValidationError("--max-watches is \(maxWatches); expected 1 to 1000000.")
    }
    _ = try auth.mode(for: addresses())
    _ = try limits.limits()
    _ = try storeLimits.limits()
  }

  func run() async throws {
    var options = StoreOptions(directory: data.data, migrations: Migration.all)
    options.durability = synchronous.durability
    options.groupCommit = groupCommit
    options.limits = try storeLimits.limits()
    var watches = WatchSettings()
    watches.history = watchHistory
    if let maxWatches { watches.maxWatches = maxWatches }
    var limits = try limits.limits()
    let mode = try auth.mode(for: addresses())
    if mode == .keys { limits.unauthenticated = UnauthenticatedLimits() }
    limits.connections = try fittingConnections(limits.connections, options.limits.maxReadThreads)
    let settings = try memory.fitting(
      MemoryBound.Settings(
        limits: limits,
        store: options.limits,
        watches: watches,
        threads: threads,
        encrypts: try tls.settings() != nil
      ),
      set: setParts
    )
    options.limits = settings.store
    try await Server(
      storeOptions: options,
      opsAddress: try ops.address(),
      addresses: try addresses(),
      tls: try tls.settings(),
      threads: threads,
      limits: settings.limits,
      auth: mode,
      callerLimits: callerLimits,
      readyFile: readyFile,
      watches: WatchHub(watches),
      backups: try backups.schedule(),
      memory: MemoryBound(settings)
    ).run()
  }

  /// The limits with flags of their own that were given, which `--memory-mib` leaves as they are.
  private var setParts: Set<MemoryBound.Scaled> {
    var parts: Set<MemoryBound.Scaled> = []
    if limits.totalOutboundBytes != nil { parts.insert(.answers) }
    if limits.totalInboundBytes != nil { parts.insert(.requests) }
    if storeLimits.maxQueuedWriteMib != nil { parts.insert(.writes) }
    return parts
  }

  /// Raises the limit of open files, and returns the number of connections that fits it. Reports a
  /// number that is lower than the wanted one.
  private func fittingConnections(_ wanted: Int, _ readThreads: Int) throws -> Int {
    let files = OpenFiles.raised()
    let fitting = try files.connections(
      wanted: wanted,
      threads: threads,
      readThreads: readThreads,
      forOps: try ops.address() != nil
    )
    if fitting < wanted {
      report(
        "warning: \(fitting) connections instead of \(wanted) (--max-connections), because the "
          + "process may open \(files.limit) files: raise the hard limit (ulimit -Hn, "
          + "LimitNOFILE= in systemd)"
      )
    }
    return fitting
  }

  private func addresses() throws -> [ListenAddress] {
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

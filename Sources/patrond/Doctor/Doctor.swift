import ArgumentParser
import Foundation
import PatronModel
import PatronServer
import PatronStore
import TTRPC
import TTRPCNIO

/// The command `patrond doctor`.
struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look for what would make a server slow, unsafe or unable to start on this machine.",
    discussion: """
      Looks at open files, memory, clock, disk, permissions, the database, addresses and \
      certificates, with the settings that a start would take. It writes to the disk for up to two \
      seconds, in a file of its own in the data directory, and changes nothing else. `patrond \
      check` verifies the data themselves.

      Exit status: 0 if all is well, 1 if the worst finding is a warning, 2 for wrong settings, 3 \
      for a failure.

      EXAMPLES
        patrond doctor --data /var/lib/patron
        patrond doctor --config patron.yaml --output json
        patrond doctor -- --tls-cert server.pem --tls-key server.key --listen 0.0.0.0:7420
      """
  )

  @Option(help: ArgumentHelp("The data directory. (default: as for serve)", valueName: "dir"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "Address to listen on. Repeatable. (default: as for serve)",
      valueName: "host:port|unix:path"
    )
  )
  var listen: [String] = []

  @OptionGroup var options: ConfigOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    var options = options
    options.flags += data.map { ["--data=\($0)"] } ?? []
    options.flags += listen.map { "--listen=\($0)" }
    let (settings, command) = try options.read()
    let findings = try await Self.findings(settings, command)
    try output.print(findings) {
      var table = PlainTable(["CHECK", "RESULT", "DETAILS"])
      for finding in findings { table.add([finding.check, finding.level.rawValue, finding.text]) }
      return table.text
    }
    switch findings.map(\.level).max() {
    case .fail: throw ExitCode(3)
    case .warn: throw ExitCode(1)
    case .ok, nil: break
    }
  }

  private static func findings(
    _ settings: StartSettings,
    _ command: Serve
  ) async throws -> [Finding] {
    let folder = command.data.data
    let plan = try command.plan { wanted, _ in wanted }
    let tls = try command.tls.settings()
    let now = Int(WallClock.system.now() / 1_000_000)
    var findings = [
      MachineChecks.openFiles(
        OpenFiles.raised(),
        connections: plan.limits.connections,
        threads: command.threads,
        readThreads: plan.store.maxReadThreads
      ),
      MachineChecks.memory(
        bound: MemoryBound(plan).total,
        group: MemoryLimits.group(text),
        machine: MemoryLimits.machine(text)
      ),
      clock(folder, now),
    ]
    findings += disk(folder, plan.store)
    findings.append(FileChecks.data(folder))
    if let path = settings.path { findings.append(FileChecks.settings(path)) }
    findings.append(MachineChecks.sqlite(Store.libraryVersion))
    let database = ServingChecks.database(folder)
    findings += database.findings
    if let tls {
      findings += [ServingChecks.certificates(tls, now: now), FileChecks.key(tls.keyFile)]
    }
    findings.append(
      await ServingChecks.listen(try command.addresses(), tls, isInUse: database.isInUse)
    )
    return findings
  }

  private static func clock(_ folder: String, _ now: Int) -> Finding {
    let begin = ContinuousClock.now
    let isMonotonic = (0..<1000).allSatisfy { _ in ContinuousClock.now >= begin }
    let changes = ["/patron.db", "/patron.db-wal"].compactMap { name in
      var information = stat()
      return stat(folder + name, &information) == 0 ? modified(information) : nil
    }
    return MachineChecks.clock(now: now, newest: changes.max(), isMonotonic: isMonotonic)
  }

  private static func disk(_ folder: String, _ store: StoreLimits) -> [Finding] {
    let place = existing(folder)
    let mounts = MountTable(text("/proc/self/mountinfo") ?? "")
    var findings = [DiskChecks.fileSystem(mounts.type(of: place))]
    var volume = statvfs()
    if statvfs(place, &volume) == 0 {
      let database = ["/patron.db", "/patron.db-wal"].map { name in
        var information = stat()
        return stat(folder + name, &information) == 0 ? Int(information.st_size) : 0
      }
      findings.append(
        DiskChecks.space(
          free: Int(clamping: volume.f_bavail) * Int(clamping: volume.f_frsize),
          database: database.reduce(0, +),
          reserve: store.diskReserveBytes ?? 0
        )
      )
    }
    // The parent of a directory that a start would make may be another user's.
    if FileMode(folder) != nil { findings.append(DiskChecks.sync(SyncProbe.measure(in: folder))) }
    return findings
  }

  /// Returns the nearest folder that exists, without links.
  private static func existing(_ folder: String) -> String {
    var url = URL(fileURLWithPath: folder)
    while !FileManager.default.fileExists(atPath: url.path), url.path != "/" {
      url.deleteLastPathComponent()
    }
    return url.resolvingSymlinksInPath().path
  }

  private static func modified(_ information: stat) -> Int {
    #if canImport(Darwin)
      information.st_mtimespec.tv_sec
    #else
      information.st_mtim.tv_sec
    #endif
  }

  /// Returns the text of a file of the system, whose size is unknown before.
  private static func text(_ path: String) -> String? {
    try? String(contentsOfFile: path, encoding: .utf8)
  }
}

internal import ArgumentParser
import Foundation
import PatronServer
import PatronStore
import TTRPCNIO

/// Serves until SIGTERM or SIGINT.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve the data directory (what patrond does without a command).",
    discussion: """
      Without --insecure-listen only the loopback interface and Unix sockets are listened on, \
      because connections are not encrypted and callers not asked who they are.

      Exit status: 0 after a signal, 1 when it could not start, 2 for wrong flags, 74 when the \
      disk failed: what was acknowledged is on disk, start it again.
      """
  )

  @OptionGroup var data: DataOptions

  @Option(
    help: ArgumentHelp(
      "Address to listen on; port 0 takes a free one. May be repeated. Also PATRON_LISTEN.",
      valueName: "host:port|unix:path"
    )
  )
  var listen: [String] = [Environment.value("PATRON_LISTEN") ?? "127.0.0.1:7420"]

  @Flag(help: "Listen also on addresses that other machines reach. Nothing is encrypted.")
  var insecureListen = false

  @Option(
    help: ArgumentHelp(
      "Write the first address that is listened on to this file, once calls are taken.",
      valueName: "file"
    )
  )
  var readyFile: String?

  @Option(help: ArgumentHelp("Threads that serve connections.", valueName: "count"))
  var threads = 1

  @Option(
    help: """
      When a write is acknowledged: `full` once it is on disk; `normal` once the system has it, so \
      that a power failure may lose the last; `off` for tests.
      """
  )
  var synchronous: Synchronous = .full

  @Flag(inversion: .prefixedNo, help: "One transaction for all writes that wait.")
  var groupCommit = true

  @Option(
    help: ArgumentHelp(
      "How many of the newest events of a store a watch may go back. (default: all)",
      valueName: "events"
    )
  )
  var watchHistory: Int?

  @OptionGroup(title: "Limits of the store") var storeLimits: StoreLimitOptions
  @OptionGroup(title: "Limits on clients") var limits: LimitOptions

  func validate() throws {
    guard (1...64).contains(threads) else {
      throw ValidationError("--threads \(threads): expected 1 to 64.")
    }
    if let watchHistory, !(1...1_000_000).contains(watchHistory) {
      throw ValidationError("--watch-history \(watchHistory): expected 1 to 1000000.")
    }
    _ = try addresses()
    _ = try limits.limits()
    _ = try storeLimits.limits()
  }

  func run() async throws {
    var options = StoreOptions(directory: data.data, migrations: Migration.all)
    options.durability = synchronous.durability
    options.groupCommit = groupCommit
    options.limits = try storeLimits.limits()
    var feeds = FeedSettings()
    feeds.history = watchHistory
    try await Server(
      storeOptions: options,
      addresses: try addresses(),
      threads: threads,
      limits: try limits.limits(),
      readyFile: readyFile,
      feeds: FeedHub(feeds)
    ).run()
  }

  private func addresses() throws -> [ListenAddress] {
    try listen.map { text in
      let address: ListenAddress
      do {
        address = try ListenAddress(parsing: text)
      } catch {
        throw ValidationError("--listen \(text): \(error)")
      }
      guard address.isLocal || insecureListen else {
        throw ValidationError(
          "--listen \(text): other machines reach this address, and nothing is encrypted. "
            + "Use 127.0.0.1 or unix:PATH, or add --insecure-listen where the network is yours."
        )
      }
      return address
    }
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

import PatronServer
import PatronStore
import TTRPC

extension Setting {
  /// The settings of the server as a whole.
  static let serving: [Setting] = [
    Setting(
      name: "config",
      kind: .text,
      unit: "file",
      standard: "",
      standardText: "none",
      help: "YAML file with settings; flags and environment variables win over it",
      isInFile: false
    ),
    Setting(
      name: "data",
      kind: .text,
      unit: "dir",
      standard: "./patron-data",
      help: "The data directory"
    ),
    Setting(
      name: "listen",
      kind: .list,
      unit: "host:port|unix:path",
      standard: "127.0.0.1:7420",
      help: "Address to listen on; port 0 selects a free port. With --tls-cert, plain:HOST:PORT is "
        + "one of the loopback interface without TLS. Repeatable"
    ),
    Setting(
      name: "ready-file",
      kind: .text,
      unit: "file",
      standard: "",
      standardText: "none",
      help: "File to write the first listening address to once the server accepts calls"
    ),
    number("threads", 1...64, "count", 1, "Number of threads that serve connections"),
    Setting(
      name: "synchronous",
      kind: .choice(Synchronous.allCases.map(\.rawValue)),
      unit: "mode",
      standard: "full",
      help: "When to acknowledge a write: `full` once it is on disk; `normal` once the system has "
        + "it, so that a power failure may lose the latest writes; `off` for tests"
    ),
    Setting(
      name: "group-commit",
      kind: .on,
      unit: "",
      standard: "true",
      help: "Commit all waiting writes in one transaction"
    ),
    number(
      "watch-history",
      1...1_000_000,
      "events",
      nil,
      "Number of a store's newest events that a watch may go back to",
      "all"
    ),
    number(
      "max-watches",
      1...1_000_000,
      "watches",
      WatchSettings().maxWatches,
      "Number of watches that may be open at the same time"
    ),
    Setting(
      name: "auth",
      kind: .choice(AuthOptions.Authentication.allCases.map(\.rawValue)),
      unit: "auth",
      standard: "",
      standardText:
        "off if every address is of the loopback interface or a Unix socket, else keys",
      help: "Callers that need a key: `keys` for all of them; `off` for those alone who manage "
        + "keys and stores or read the audit log, where only this machine can reach the server. "
        + "A key that is sent restricts its caller in both cases"
    ),
  ]

  /// The setting of the memory that clients can make the server take.
  static let memory: [Setting] = [
    number(
      "memory-mib",
      1...16_777_216,
      "MiB",
      nil,
      "Maximum memory of the server, from which the limits of answers, large requests, queued "
        + "writes and the writer's cache follow; flags of these limits stand",
      "their defaults"
    )
  ]

  /// The limits on clients.
  static let clients: [Setting] = Limits.all.map {
    number($0.flag, $0.range, $0.unit, Limits()[keyPath: $0.keyPath], $0.help)
  }

  /// Makes the row of a number. `text` is the default in words if `standard` is nil.
  static func number(
    _ name: String,
    _ range: ClosedRange<Int>,
    _ unit: String,
    _ standard: Int?,
    _ help: String,
    _ text: String = "",
    isReloadable: Bool = false
  ) -> Setting {
    Setting(
      name: name,
      kind: .number(range),
      unit: unit,
      standard: standard.map { String($0) } ?? "",
      standardText: text,
      help: help,
      isReloadable: isReloadable
    )
  }
}

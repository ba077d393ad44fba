import ArgumentParser
import PatronClient

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show what the server does: versions, sizes, queues, connections, settings.",
    discussion: """
      Needs a key of every store with the scope admin, or the operator's socket. With --watch, a \
      terminal is redrawn, and elsewhere each look is a line of JSON.

      EXAMPLES
        patron status --key-file operator.key
        patron status --watch --every 10s
      """
  )

  @Flag(help: "Look again and again until interrupted.")
  var watch = false

  @Option(
    help: ArgumentHelp("Time between two looks of --watch. (default: 2s)", valueName: "time"),
    transform: { try TimeoutText.duration($0) }
  )
  var every: Duration?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global, formats: [.table, .json, .ndjson]) { session in
      let operations = OperationsServiceClient(channel: session.client.channel)
      while true {
        let status = try await session.timed(OperationsService.getStatus.method) {
          try await operations.getStatus(GetStatusRequest(), options: session.call)
        }
        try show(status, session)
        guard watch else { return }
        try await Task.sleep(for: every ?? .seconds(2))
      }
    }
  }

  private func show(_ status: GetStatusResponse, _ session: Session) throws {
    guard watch else { return try session.print(status) { Self.table(status) } }
    guard session.environment.outputIsTerminal, session.format == .table else {
      return session.print(try session.json(status, pretty: false))
    }
    // Back to the upper left corner, and clear what is there.
    session.environment.out("\u{1B}[H\u{1B}[2J" + Self.table(status))
  }

  private static func table(_ status: GetStatusResponse) -> String {
    let rows = status.rows { UTCTime($0).rfc3339 }.map { (SafeText.line($0), SafeText.line($1)) }
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, value in
      name + String(repeating: " ", count: width - name.count + 2) + value + "\n"
    }.joined()
  }
}

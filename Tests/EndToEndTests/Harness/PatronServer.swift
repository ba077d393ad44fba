import Glibc
import PatronClient
import TestKit

/// A running `patrond`.
final class PatronServer: Sendable {
  let process: ChildProcess
  /// The address of the server, as clients name it.
  let address: String
  /// The path of the file with its standard error.
  let log: String
  private let folder: TemporaryDirectory

  private init(
    _ process: ChildProcess,
    _ address: String,
    _ log: String,
    _ folder: TemporaryDirectory
  ) {
    self.process = process
    self.address = address
    self.log = log
    self.folder = folder
  }

  /// Starts a server on the directory `data` and waits until it accepts calls. Its log is text,
  /// unless `flags` say otherwise.
  static func start(
    data: String,
    listen: String = "127.0.0.1:0",
    flags: [String] = [],
    environment: [String: String] = [:]
  ) async throws -> PatronServer {
    let folder = TemporaryDirectory()
    let ready = folder.file("ready")
    let log = folder.file("log")
    let process = try ChildProcess(
      try Installation.program("patrond"),
      ["--data", data, "--listen", listen, "--ready-file", ready]
        + (flags.contains("--log-format") ? [] : ["--log-format", "text"]) + flags,
      environment: environment,
      errors: log
    )
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
      let address = Files.text(ready)
      if !address.isEmpty { return PatronServer(process, address, log, folder) }
      if let exit = process.poll() {
        throw HarnessError("patrond ended with \(exit) before it was ready: \(Files.text(log))")
      }
      try await Task.sleep(for: .milliseconds(2))
    }
    throw HarnessError("patrond was not ready after a minute: \(Files.text(log))")
  }

  /// Returns a client. By default it does not retry, so that tests see every failure.
  func client(_ change: (inout PatronClient.Options) -> Void = { $0.retry = .never }) throws
    -> PatronClient
  {
    var options = PatronClient.Options()
    change(&options)
    return try PatronClient(address: address, options: options)
  }

  /// The server's standard error so far.
  var errors: String { Files.text(log) }

  /// Sends SIGTERM and waits for the end.
  func stop() async throws -> Exit {
    process.signal(SIGTERM)
    return try await process.exit(within: .seconds(30))
  }

  /// Sends SIGKILL and waits for the end.
  func kill() async throws {
    process.signal(SIGKILL)
    _ = try await process.exit(within: .seconds(30))
  }

  /// Resident memory in bytes.
  var residentBytes: Int {
    let fields = Files.text("/proc/\(process.pid)/statm").split(separator: " ")
    return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(getpagesize())
  }
}

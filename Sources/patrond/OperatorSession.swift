import ArgumentParser
import Foundation
import PatronCore
import PatronProto
import PatronServer
import PatronService
import PatronStore
import ProtobufC
import TTRPC
import TTRPCNIO

/// The way of an operator's command to the database. The server that has it open runs the calls,
/// because there is one writer. If no server runs, the command opens the database itself, and
/// serves itself by the same socket: the same handlers check and record what it does.
struct OperatorSession {
  let data: DataOptions

  /// The name of the operator's socket in a data directory.
  static let socketName = "patron.sock"

  /// The time for which a command waits for a server that starts or stops, or for another command.
  private static let patience = Duration.seconds(5)
  private static let pause = Duration.milliseconds(50)

  /// Runs `body` with a client of AdminService that may do everything.
  ///
  /// - Throws: ``Failure`` with the reason of a refusal; the reason why the database cannot be
  ///   opened if no server has it open.
  func run(_ body: (AdminServiceClient) async throws -> Void) async throws {
    try await connect { try await body(AdminServiceClient(channel: $0)) }
  }

  /// Runs `body` with a channel to the operator's socket, as ``run(_:)`` does.
  func connect(_ body: (any ClientChannel) async throws -> Void) async throws {
    // A reader of the output that has gone away is an error of the write, which can be reported.
    signal(SIGPIPE, SIG_IGN)
    let end = ContinuousClock.now + Self.patience
    while true {
      switch try await open() {
      case .server(let client):
        return try await Self.call(client, body)
      case .database(let store):
        defer { store.close() }
        return try await serve(store, body)
      case .busy(let problem):
        guard ContinuousClock.now < end else { throw problem }
        try await Task.sleep(for: Self.pause)
      }
    }
  }

  private var socket: String { data.data + "/" + Self.socketName }

  private func makeClient() -> TTRPCClient {
    TTRPCClient(ClientConfiguration(target: .unix(path: socket)))
  }

  private enum Way {
    /// A client of the server that has the database open.
    case server(TTRPCClient)
    /// The database, which no other process had open.
    case database(Store)
    /// Another process has the database open, and does not answer.
    case busy(Failure)
  }

  private func open() async throws -> Way {
    let client = makeClient()
    let silence: String
    switch await Self.health(client) {
    case .success(.serving): return .server(client)
    case .success:
      await client.close()
      silence = "the server is stopping"
    case .failure(let error):
      await client.close()
      if error.code == .permissionDenied { throw Failure(description: error.message) }
      silence = error.message
    }
    try requireOwner()
    var options = StoreOptions(directory: data.data, migrations: Migration.all)
    // No command for operators needs the search index.
    options.mendsSearch = false
    do {
      return .database(try Store.opened(options))
    } catch let error as StoreOpenError where error.isInUse {
      return .busy(Failure(description: "\(error). It does not answer this command: \(silence)"))
    }
  }

  /// Returns the state of the server behind `client`.
  private static func health(
    _ client: TTRPCClient
  ) async -> Result<GRPCHealth.HealthCheckResponse.ServingStatus, RPCError> {
    var options = CallOptions()
    options.timeout = .seconds(5)
    do throws(RPCError) {
      let health = GRPCHealth.HealthClient(channel: client)
      return .success(
        try await health.check(GRPCHealth.HealthCheckRequest(), options: options).status
      )
    } catch {
      return .failure(error)
    }
  }

  /// Refuses to open the database of another user as root: files that are created now would be
  /// root's, and the server could not open them.
  private func requireOwner() throws {
    var information = stat()
    guard geteuid() == 0, stat(data.data, &information) == 0, information.st_uid != 0 else {
      return
    }
    throw Failure(
      description: "the data directory \(data.data) belongs to user \(information.st_uid), and no "
        + "server runs: start the server first, or run the command as that user, as in "
        + "sudo -u '#\(information.st_uid)' patrond …"
    )
  }

  /// Serves the database by the operator's socket alone while `body` runs.
  private func serve(
    _ store: Store,
    _ body: (any ClientChannel) async throws -> Void
  ) async throws {
    var configuration = TTRPCServer.Configuration()
    configuration.operatorSocket = socket
    let log = ServerLog(LogLevels(), .text)
    defer { log.close() }
    let service = CallService(
      store: store,
      gate: Gate(.keys, of: store, failures: AuthenticationFailures(log: log[.keys])),
      watches: WatchHub(),
      addresses: [],
      configuration: configuration,
      clock: .system,
      log: log,
      notify: nil,
      slowCall: nil,
      onReady: { _ in }
    )
    let health = HealthState(services: CallService.services)
    let server = try await service.listen(health)
    let result: Result<Void, any Error>
    if let problem = server.operatorSocketError {
      result = .failure(problem)
    } else {
      do {
        result = .success(try await Self.call(makeClient(), body))
      } catch {
        result = .failure(error)
      }
    }
    // Commands that have found this server may end; those that come now open the database next.
    health.end()
    let end = ContinuousClock.now + Self.patience
    while server.connectionCount > 0, ContinuousClock.now < end {
      try? await Task.sleep(for: .milliseconds(1))
    }
    await server.drain(grace: .seconds(1))
    await server.shutdown()
    try result.get()
  }

  private static func call(
    _ client: TTRPCClient,
    _ body: (any ClientChannel) async throws -> Void
  ) async throws {
    do {
      try await body(client)
      await client.close()
    } catch {
      await client.close()
      guard let error = error as? RPCError else { throw error }
      throw Failure(description: error.message)
    }
  }
}

extension StoreOpenError {
  /// True if another process has the database open.
  fileprivate var isInUse: Bool {
    switch self {
    case .inUse, .databaseInUse: true
    default: false
    }
  }
}

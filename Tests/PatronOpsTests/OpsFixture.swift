import Logging
import PatronOps
import PatronServer
import PatronStore
import TTRPC
import TTRPCNIO
import TestKit

/// A server with one method, a database and the operator's listener.
final class OpsFixture: Sendable {
  let directory = TemporaryDirectory()
  let state: OpsState
  let ops: OpsServer
  let server: LocalServer
  let store: Store

  static let echo = Method(
    service: "test.v1.Echo",
    name: "Echo",
    kind: .unary,
    idempotency: .noSideEffects
  )

  /// Starts everything. The state is still that of a start.
  init(_ address: ListenAddress? = nil) async throws {
    var options = StoreOptions(directory: directory.file("data"), migrations: Migration.all)
    options.durability = .off
    store = try Store(options)
    var configuration = TTRPCServer.Configuration()
    configuration.counts = true
    configuration.threads = 2
    server = try await LocalServer.start(configuration: configuration) { _ in Echo() }
    state = OpsState(version: "1.2.3", startedAt: 1_700_000_000) { 7 }
    ops = try await OpsServer.start(address ?? .tcp(host: "127.0.0.1", port: 0), of: state)
  }

  /// Records that the server serves.
  func serve() {
    state.serves(
      OpsState.Parts(
        server: server.server,
        store: store,
        watches: WatchHub(),
        failures: AuthenticationFailures(log: Logger(label: "test")),
        limits: Limits()
      )
    )
  }

  /// Makes a backup.
  func backUp() async throws -> BackupRecord {
    let file = BackupFile(path: directory.file("copy.db"))
    return try await withCheckedThrowingContinuation { end in
      do {
        try store.beginBackup(BackupTask(file) { end.resume(with: $0) })
      } catch {
        end.resume(throwing: error)
      }
    }
  }

  func get(_ path: String) async throws -> OpsClient.Answer {
    try await OpsClient.get(path, at: ops.address)
  }

  func end() async {
    state.ends()
    await ops.shutdown()
    await server.shutdown()
    store.close()
  }

  private final class Echo: CallDispatcher {
    let methods = [OpsFixture.echo]

    func unary(
      _ method: Int,
      _ payload: RawSpan,
      _ call: borrowing ServerCall,
      _ response: inout ResponseBuffer
    ) -> UnaryOutcome {
      response.append(payload)
      return .replied
    }

    func open(
      _ method: Int,
      _ payload: RawSpan,
      _ call: borrowing ServerCall,
      _ stream: any ServerStream
    ) {
      stream.finish(nil)
    }
  }
}

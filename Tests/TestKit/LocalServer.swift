package import TTRPC
package import TTRPCNIO

/// A server on a Unix socket in a temporary directory, and clients of it in the same process.
///
/// Calls pass the same code as over a network, but need no port.
package final class LocalServer: Sendable {
  /// The server, for its drain and its counters.
  package let server: TTRPCServer
  /// The address at which the server listens.
  package let target: ClientTarget
  private let directory: TemporaryDirectory

  private init(server: TTRPCServer, target: ClientTarget, directory: TemporaryDirectory) {
    self.server = server
    self.target = target
    self.directory = directory
  }

  /// Starts a server. `makeDispatcher` is called once for each loop, as by ``TTRPCServer``.
  package static func start(
    configuration: TTRPCServer.Configuration = .init(),
    makeDispatcher: @escaping @Sendable (any ServerLoop) -> any CallDispatcher
  ) async throws(ListenError) -> LocalServer {
    let directory = TemporaryDirectory()
    let path = directory.file("socket")
    let server = try await TTRPCServer.start(
      [.unix(path: path, mode: 0o600)],
      configuration: configuration,
      makeDispatcher: makeDispatcher
    )
    return LocalServer(server: server, target: .unix(path: path), directory: directory)
  }

  /// Starts a server, runs `body` with a client of it, and stops both.
  package static func withClient<R: Sendable>(
    _ makeDispatcher: @escaping @Sendable (any ServerLoop) -> any CallDispatcher,
    _ body: (TTRPCClient) async throws -> R
  ) async throws -> R {
    let transport = try await start(makeDispatcher: makeDispatcher)
    let client = transport.makeClient()
    let result: Result<R, any Error>
    do {
      result = .success(try await body(client))
    } catch {
      result = .failure(error)
    }
    await client.close()
    await transport.shutdown()
    return try result.get()
  }

  /// Creates a client of this server. `adjust` may change its settings.
  package func makeClient(_ adjust: (inout ClientConfiguration) -> Void = { _ in }) -> TTRPCClient {
    var configuration = ClientConfiguration(target: target)
    // Hundreds of tests share the processors: no call ends because a machine is slow.
    configuration.defaultTimeout = .seconds(600)
    adjust(&configuration)
    configuration.target = target
    return TTRPCClient(configuration)
  }

  /// Stops the server at once. Does nothing if called again.
  package func shutdown() async { await server.shutdown() }
}

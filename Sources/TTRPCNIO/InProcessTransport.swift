import NIOCore
import NIOPosix
package import TTRPC

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A server and its clients in one process, for tests and for programs that embed a service.
///
/// Calls go through the real client and the real server over a Unix socket in a private temporary
/// directory: nothing else can connect, no port is taken, and the behaviour is that of a network.
package final class InProcessTransport: Sendable {
  /// The server, for drain and counters.
  package let server: TTRPCServer
  /// The address of the server's socket.
  package let target: ClientTarget
  private let directory: String

  private init(server: TTRPCServer, target: ClientTarget, directory: String) {
    self.server = server
    self.target = target
    self.directory = directory
  }

  /// Starts a server. `makeDispatcher` is called once for each loop, as by ``TTRPCServer``.
  package static func start(
    configuration: TTRPCServer.Configuration = .init(),
    makeDispatcher: @escaping @Sendable (any ServerLoop) -> any CallDispatcher
  ) async throws(ListenError) -> InProcessTransport {
    let directory = try makeDirectory()
    let path = "\(directory)/s"
    do throws(ListenError) {
      let server = try await TTRPCServer.start(
        [.unix(path: path, mode: 0o600)],
        configuration: configuration,
        makeDispatcher: makeDispatcher
      )
      return InProcessTransport(
        server: server,
        target: .unix(path: path),
        directory: directory
      )
    } catch {
      rmdir(directory)
      throw error
    }
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
    adjust(&configuration)
    configuration.target = target
    return TTRPCClient(configuration)
  }

  /// Stops the server at once and removes the directory. Does nothing if called again.
  package func shutdown() async {
    await server.shutdown()
    rmdir(directory)
  }

  private static func makeDirectory() throws(ListenError) -> String {
    // A Unix socket's path holds 107 bytes, which a long TMPDIR does not leave room for.
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    let base = parent.utf8.count > 80 || parent.isEmpty ? "/tmp" : parent
    var template = Array("\(base)/ttrpc-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in
      mkdtemp(buffer.baseAddress!).map { String(cString: $0) }
    }
    guard let made else {
      throw ListenError("cannot make a directory in \(base): check TMPDIR")
    }
    return made
  }
}

import TTRPC
import TTRPCNIO
import TestKit

/// The client of a shop. Unary calls stay in the process; streams pass a Unix socket, which opens
/// with the first of them. With `usesSocket` all calls pass the socket.
actor ShopChannel: ClientChannel {
  typealias MakeDispatcher = @Sendable (any ServerLoop) -> any CallDispatcher

  /// A server with a client of it.
  struct Connected: Sendable {
    let server: LocalServer
    let client: TTRPCClient
  }

  /// Nil if all calls pass the socket.
  private nonisolated let inProcess: InProcessServer?
  private let limits: Limits
  private let makeDispatcher: MakeDispatcher
  private var connecting: Task<Connected, any Error>?

  init(usesSocket: Bool, limits: Limits, _ makeDispatcher: @escaping MakeDispatcher) {
    inProcess = usesSocket ? nil : InProcessServer(limits: limits, makeDispatcher)
    self.limits = limits
    self.makeDispatcher = makeDispatcher
  }

  nonisolated func unary(
    _ method: TTRPC.Method,
    _ request: [UInt8],
    _ options: CallOptions
  ) async throws(RPCError) -> [UInt8] {
    if let inProcess { return try await inProcess.unary(method, request, options) }
    return try await connected().client.unary(method, request, options)
  }

  nonisolated func stream(
    _ method: TTRPC.Method,
    _ request: [UInt8]?,
    _ options: CallOptions
  ) async throws(RPCError) -> any ClientStream {
    try await connected().client.stream(method, request, options)
  }

  /// The server on the socket and its client.
  func connected() async throws(RPCError) -> Connected {
    let task =
      connecting
      ?? Task { [limits, makeDispatcher] in
        var configuration = TTRPCServer.Configuration()
        configuration.limits = limits
        let server = try await LocalServer.start(
          configuration: configuration,
          makeDispatcher: makeDispatcher
        )
        return Connected(server: server, client: server.makeClient())
      }
    connecting = task
    do {
      return try await task.value
    } catch {
      throw RPCError(code: .unavailable, message: "no server on a socket: \(error)")
    }
  }

  /// Closes everything that is open.
  func close() async {
    inProcess?.close()
    guard let connected = try? await connecting?.value else { return }
    await connected.client.close()
    await connected.server.shutdown()
  }
}

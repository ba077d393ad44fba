package import NIOCore
package import TTRPC

/// One connection for callers that run on an event loop themselves, such as load generators:
/// callbacks instead of tasks, many calls in flight, one flush for all calls of a loop's tick, no
/// retries and no reconnecting. ``TTRPCClient`` is the convenient client over the same machinery.
///
/// Every member is for the event loop's thread only, which is checked.
package final class ClientLoopConnection: Sendable {
  private let handler: ClientHandler

  init(_ handler: ClientHandler) { self.handler = handler }

  /// Connects on `loop` with default settings.
  package static func connect(
    on loop: any EventLoop,
    target: ClientTarget
  ) -> EventLoopFuture<ClientLoopConnection> {
    connect(on: loop, ClientConfiguration(target: target))
  }

  /// Connects on `loop`, and makes the greeting of the configuration if it has one. Of the rest of
  /// the configuration, target, limits, extensions, metadata and the timeout for connecting count.
  /// The future fails with UNAVAILABLE and the reason, or with the server's refusal.
  package static func connect(
    on loop: any EventLoop,
    _ configuration: ClientConfiguration
  ) -> EventLoopFuture<ClientLoopConnection> {
    let deadline = ContinuousClock.now.advanced(by: configuration.connectTimeout)
    let connected = ClientConnector(configuration).connect(on: loop).flatMapErrorThrowing { error in
      throw (error as? ClientConnectFailure)?.error ?? error
    }
    return connected.flatMap { handler in
      let connection = ClientLoopConnection(handler)
      guard let greeting = configuration.greeting else {
        return loop.makeSucceededFuture(connection)
      }
      let promise = loop.makePromise(of: ClientLoopConnection.self)
      handler.greet(greeting, deadline: deadline) { failure in
        guard let failure else { return promise.succeed(connection) }
        promise.fail(failure.error)
        connection.close()
      }
      return promise.futureResult
    }
  }

  /// The event loop of the connection.
  package var eventLoop: any EventLoop { handler.eventLoop }

  /// The number of calls that have not been answered.
  package var callsInFlight: Int { handler.callsInFlight }

  /// False once the connection has closed, the server drains it or its stream ids are used up. New
  /// calls then fail; those in flight go on. Open another connection.
  package var isOpen: Bool { handler.isOpen }

  /// The callback that runs once when the connection has ended, after its calls have failed.
  package var onClosed: ((RPCError) -> Void)? {
    get { handler.onClosed }
    set { handler.onClosed = newValue }
  }

  /// Makes a unary call. `payload` is read before this returns. `completion` runs on the loop,
  /// exactly once and never before this returns. Check ``isOpen`` before calling again from
  /// `completion`. One closure may serve any number of calls, which then cost no allocation of
  /// their own.
  package func unary(
    _ method: Method,
    _ payload: RawSpan,
    timeout: Duration?,
    metadata: Metadata = Metadata(),
    completion: @escaping (ClientAnswer) -> Void
  ) {
    do throws(CallFailure) {
      try payload.withUnsafeBytes { bytes throws(CallFailure) in
        _ = try handler.start(
          method,
          payload: bytes,
          metadata: metadata,
          deadline: timeout.map { ContinuousClock.now.advanced(by: $0) },
          sink: .unary(completion)
        )
      }
    } catch {
      // Later, so that callers that call again on every answer do not recurse.
      eventLoop.assumeIsolated().execute { completion(.failure(error.error)) }
    }
  }

  /// Fails the calls in flight with CANCELLED and closes the socket.
  package func close() {
    handler.close(RPCError(code: .cancelled, message: "the client closed the connection"))
  }
}

/// The answer to a call of a ``ClientLoopConnection``. A type of its own instead of `Result`: Swift
/// 6.3 fails on properties whose type has a `Result` of a span in it.
package enum ClientAnswer: ~Escapable {
  /// The encoded response message.
  case success(RawSpan)
  case failure(RPCError)
}

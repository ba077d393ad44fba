package import NIOCore
import NIOPosix
import Synchronization
package import TTRPC

/// A client with a pool of connections to one server. It opens connections when needed and again
/// when lost, sets a deadline on every call, and retries where repeating is harmless.
///
///     let client = try TTRPCClient(address: "127.0.0.1:7420")
///     let answer = try await client.unary(method, request, CallOptions())
///     await client.close()
///
/// Usable from any task. An error is always an ``RPCError``: the server's own, or UNAVAILABLE,
/// DEADLINE_EXCEEDED, CANCELLED, RESOURCE_EXHAUSTED or INTERNAL of the client, with the remedy in
/// its message.
package final class TTRPCClient: ClientChannel {
  let configuration: ClientConfiguration
  private let links: [ClientLink]
  /// The connections for streams, as many and opened as late. They are separate because a stream
  /// that is not read stops its connection: a caller that makes unary calls in between would wait
  /// for itself.
  private let streamLinks: [ClientLink]
  private let turn = Atomic<Int>(0)
  private let retrying: Mutex<Retrying>

  private struct Retrying {
    var throttle = RetryThrottle()
    var random: ClientRandom
  }

  /// Creates a client of one server; nothing is connected before the first call. `group` must
  /// outlive the client; the default is the process's own.
  package init(_ configuration: ClientConfiguration, group: (any EventLoopGroup)? = nil) {
    self.configuration = configuration
    let group = group ?? MultiThreadedEventLoopGroup.singleton
    var random = configuration.seed.map { ClientRandom(seed: $0) } ?? ClientRandom()
    var pools = (0..<2).map { _ in
      (0..<max(1, configuration.connections)).map { _ in
        ClientLink(
          loop: group.next(),
          configuration: configuration,
          random: ClientRandom(seed: random.next())
        )
      }
    }
    streamLinks = pools.removeLast()
    links = pools.removeLast()
    retrying = Mutex(Retrying(random: random))
  }

  /// Creates a client with default settings of the server at `HOST:PORT` or `unix:PATH`. Throws
  /// INVALID_ARGUMENT for any other text.
  package convenience init(address: String) throws(RPCError) {
    self.init(ClientConfiguration(target: try ClientTarget(parsing: address)))
  }

  deinit {
    for link in links + streamLinks { _ = link.close(grace: .zero) }
  }

  /// Refuses new calls, waits up to `grace` for those in flight, fails the rest with CANCELLED and
  /// closes the connections.
  package func close(grace: Duration = .seconds(5)) async {
    let closing = (links + streamLinks).map { $0.close(grace: grace) }
    for future in closing { try? await future.get() }
  }

  /// Makes a unary call and retries it as the retry policy decides. Cancelling the task cancels the
  /// call, also on a server that understands CANCEL.
  package func unary(
    _ method: Method,
    _ request: [UInt8],
    _ options: CallOptions
  ) async throws(RPCError) -> [UInt8] {
    let deadline = ContinuousClock.now.advanced(
      by: options.timeout ?? configuration.defaultTimeout
    )
    var number = 1
    var transparentRetries = 0
    while true {
      switch await attempt(method, request, options, deadline: deadline, number: number) {
      case .success(let response):
        retrying.withLock { $0.throttle.succeeded() }
        return response
      case .failure(let failure):
        let failed = FailedAttempt(
          failure: failure,
          number: number,
          transparentRetries: transparentRetries,
          idempotency: method.idempotency,
          hasRequestID: options.hasRequestID,
          retries: options.retries,
          remaining: deadline - ContinuousClock.now
        )
        switch decide(failed) {
        case .giveUp: throw failure.error
        case .retryUnseen: transparentRetries += 1
        case .retry(let wait):
          number += 1
          do { try await Task.sleep(for: wait) } catch { throw .callerCancelled }
        }
      }
    }
  }

  /// Opens a streaming call and waits for a connection. Dropping the stream cancels the call.
  package func stream(
    _ method: Method,
    _ request: [UInt8]?,
    _ options: CallOptions
  ) async throws(RPCError) -> any ClientStream {
    guard method.kind != .unary else {
      throw RPCError(
        code: .invalidArgument,
        message: "\(method) is a unary method: call unary(_:_:_:)"
      )
    }
    let timeout = options.timeout ?? configuration.defaultStreamTimeout
    let core = ClientStreamCore(
      method,
      method.kind.clientStreams ? nil : request ?? [],
      metadata: options.metadata,
      deadline: timeout.map { ContinuousClock.now.advanced(by: $0) },
      link: pick(from: streamLinks),
      limits: configuration.limits,
      client: self
    )
    if let error = await core.open() { throw error }
    let stream = ClientStreamHandle(core)
    if method.kind.clientStreams, let request { try await stream.send(request) }
    return stream
  }

  private func attempt(
    _ method: Method,
    _ request: [UInt8],
    _ options: CallOptions,
    deadline: ContinuousClock.Instant,
    number: Int
  ) async -> ClientAttempt.Outcome {
    var metadata = options.metadata
    if number > 1 { metadata["grpc-previous-rpc-attempts"] = "\(number - 1)" }
    let link = pick(from: links)
    link.load.add(1, ordering: .relaxed)
    defer { link.load.subtract(1, ordering: .relaxed) }
    return await ClientAttempt(
      method,
      request,
      metadata: metadata,
      deadline: deadline,
      link: link
    ).run()
  }

  private func decide(_ failed: FailedAttempt) -> RetryDecision {
    retrying.withLock { state in
      configuration.retry.decide(failed, throttle: &state.throttle, using: &state.random)
    }
  }

  private func pick(from links: [ClientLink]) -> ClientLink {
    if links.count == 1 { return links[0] }
    // A new start each time spreads calls over equally loaded links.
    let start = turn.wrappingAdd(1, ordering: .relaxed).newValue & Int.max
    if configuration.balancing == .roundRobin { return links[start % links.count] }
    var best = links[start % links.count]
    for offset in 1..<links.count {
      let link = links[(start + offset) % links.count]
      if link.load.load(ordering: .relaxed) < best.load.load(ordering: .relaxed) { best = link }
    }
    return best
  }
}

@_exported public import PatronProto
@_exported public import ProtobufC
@_exported public import TTRPC
import TTRPCNIO

/// A client of a Patron server.
///
///     try await withPatronClient(address: "127.0.0.1:7420") { patron in
///       let answer = try await patron.customers.upsertCustomer(
///         .with { $0.customer = .with { $0.email = "ada@example.com" } })
///       print(answer.outcome, answer.customer?.id ?? 0)
///     }
///
/// Importing `PatronClient` is enough: it exports the messages, `RPCError` and `CallOptions`.
/// Usable from any task; keep one client for the life of the program, and call ``close()`` at its
/// end. Nothing is connected before the first call. Requests name their store in `storeID`; empty
/// is the store of the client's key, or `default` without one.
///
/// A call throws `RPCError` only, with the server's code, reason and violations: see
/// ``TTRPC/RPCError/reason`` and ``TTRPC/RPCError/violations``. The client retries a call where
/// repeating is harmless, that is for methods without side effects, for idempotent ones, and for
/// requests with a `requestID`. Cancelling the task cancels the call.
public final class PatronClient: Sendable {
  /// Settings of a client, for its whole life.
  public struct Options: Sendable {
    /// The key that every call carries; nil for none.
    public var key: ClientKey?
    /// The person or program for whom calls are made, such as the login of an agent, up to 64
    /// characters. The server records it beside the key. Empty for none.
    public var onBehalfOf = ""
    /// TLS with the files and names of this client; nil takes the defaults for an address that
    /// begins with `tls://`, and no TLS for others.
    public var tls: TLS?
    /// True: the key may go without TLS to other machines, where everybody on the way can read it.
    /// False: making such a client throws.
    public var sendsKeyUnencrypted = false
    /// Connections to the server, 1 or more; a call takes the one with the fewest in flight.
    /// Streams such as exports have as many connections of their own, so a slow reader of a stream
    /// does not delay calls.
    public var connections = 1
    /// Time to establish one connection, TLS handshake included.
    public var connectTimeout = Duration.seconds(10)
    /// Time for a call whose own options name none, retries included.
    public var timeout = Duration.seconds(30)
    /// Rules by which failed calls are retried.
    public var retry = RetryPolicy()
    /// True: a call waits for the server until its deadline. False: it fails with UNAVAILABLE when
    /// the server cannot be reached.
    public var waitsForServer = false

    /// The defaults.
    public init() {}
  }

  /// Customers: who they are, what they agreed to, and what may be done about it.
  public let customers: CustomerServiceClient
  /// Timelines: everything that happened with a customer.
  public let timeline: TimelineServiceClient
  /// The health service: SERVING while the server takes calls.
  public let health: GRPCHealth.HealthClient
  /// The channel of all calls, for methods that have no stub.
  public let channel: any ClientChannel

  private let client: TTRPCClient?

  /// A client of the server at `HOST:PORT`, `tls://HOST:PORT` or `unix:PATH`. `key` and `tls`, if
  /// given, replace those of the options; with `tls`, `HOST:PORT` is encrypted too.
  ///
  /// Throws INVALID_ARGUMENT for an address or an option that is wrong, and FAILED_PRECONDITION for
  /// a file that cannot be read.
  public convenience init(
    address: String = "127.0.0.1:7420",
    key: ClientKey? = nil,
    tls: TLS? = nil,
    options: Options = Options()
  ) throws(RPCError) {
    var options = options
    options.key = key ?? options.key
    options.tls = tls ?? options.tls
    let client = TTRPCClient(try options.configuration(for: try ClientTarget(parsing: address)))
    self.init(channel: client, closing: client)
  }

  /// A client on a channel of another kind, such as a fake in a test. ``close()`` leaves the
  /// channel open.
  public convenience init(channel: any ClientChannel) {
    self.init(channel: channel, closing: nil)
  }

  private init(channel: any ClientChannel, closing client: TTRPCClient?) {
    self.channel = channel
    self.client = client
    customers = CustomerServiceClient(channel: channel)
    timeline = TimelineServiceClient(channel: channel)
    health = GRPCHealth.HealthClient(channel: channel)
  }

  /// Waits a few seconds for calls in flight, then closes the connections. Calls made afterwards
  /// fail with CANCELLED or UNAVAILABLE. Harmless when repeated.
  public func close() async { await client?.close() }
}

/// Runs `body` with a client of the server at `address`, and closes the client whether `body`
/// returns, throws or is cancelled.
///
/// Throws `RPCError` as ``PatronClient/init(address:key:tls:options:)`` does, and else what `body`
/// throws.
public func withPatronClient<Result>(
  address: String = "127.0.0.1:7420",
  key: ClientKey? = nil,
  tls: PatronClient.TLS? = nil,
  options: PatronClient.Options = PatronClient.Options(),
  isolation: isolated (any Actor)? = #isolation,
  _ body: (PatronClient) async throws -> Result
) async throws -> Result {
  let client = try PatronClient(address: address, key: key, tls: tls, options: options)
  do {
    let result = try await body(client)
    await client.close()
    return result
  } catch {
    await client.close()
    throw error
  }
}

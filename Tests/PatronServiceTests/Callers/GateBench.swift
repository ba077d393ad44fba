import PatronModel
import PatronProto
import PatronStore
import Synchronization
import TTRPC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronServer
@testable import PatronService

/// A router behind a gate, called directly. Everything between two suspensions runs on one thread,
/// as on an I/O loop.
final class GateBench {
  let router: Router
  let gate: Gate
  let log = LogCollector()
  let failures: AuthenticationFailures
  let overruns: LimitRefusals
  let uses = KeyUses()

  init(
    _ shop: Shop,
    _ mode: Gate.Mode = .keys,
    ofKeys: CallerLimits = CallerLimits(),
    ofStores: CallerLimits = CallerLimits(),
    clock: WallClock = .system
  ) throws {
    failures = AuthenticationFailures(log: log.log)
    overruns = LimitRefusals(log: log.log)
    gate = Gate(
      mode,
      of: shop.store,
      ofKeys: ofKeys,
      ofStores: ofStores,
      uses: uses,
      failures: failures,
      overruns: overruns
    )
    router = try Router(
      .patron(),
      store: shop.store,
      watches: WatchHub(),
      loop: Loop(),
      gate: gate,
      clock: clock,
      log: LogCollector().log
    )
  }

  /// Calls a method. Returns the error with which the call ended at once, or nil.
  func call(
    _ method: Method,
    _ payload: [UInt8] = [],
    _ metadata: Metadata = Metadata(),
    session: ConnectionSession = ConnectionSession(isAuthenticated: false),
    peer: Peer = Peer(address: "10.0.0.7:4711"),
    of dispatcher: (any CallDispatcher)? = nil
  ) throws -> RPCError? {
    let dispatcher = dispatcher ?? router
    let index = try #require(dispatcher.methods.firstIndex(of: method))
    let envelope = InProcessServer.envelope(method, metadata)
    return try envelope.withUnsafeBytes { bytes in
      let view = try RequestView(decoding: bytes, maxMetadataBytes: 1 << 14, maxMetadataPairs: 64)
      let call = ServerCall(
        target: ReplyTarget(connection: 1, stream: 1),
        deadline: nil,
        metadata: view.metadata,
        peer: peer,
        session: session
      )
      if method.kind != .unary {
        let stream = Stream()
        dispatcher.open(index, payload.span.bytes, call, stream)
        return stream.error
      }
      var response = ResponseBuffer()
      guard case .failed(let error) = dispatcher.unary(index, payload.span.bytes, call, &response)
      else { return nil }
      return error
    }
  }

  /// Returns a request of any method for a store: its field 1.
  static func request(in store: String) -> [UInt8] { [0x0a, UInt8(store.utf8.count)] + store.utf8 }

  private final class Loop: ServerLoop {
    func complete(_ completions: [Completion]) {}
    func execute(_ work: @escaping @Sendable () -> Void) {}
    func execute(after delay: Duration, _ work: @escaping @Sendable () -> Void) {}
  }

  private final class Stream: ServerStream {
    let target = ReplyTarget(connection: 1, stream: 1)
    private let end = Mutex(RPCError?.none)
    var error: RPCError? { end.withLock { $0 } }

    func send(_ message: [UInt8]) -> Bool { true }
    func finish(_ error: RPCError?) { end.withLock { $0 = error } }
    func onWritable(_ body: @escaping @Sendable () -> Void) {}
    func onMessage(_ body: @escaping @Sendable ([UInt8]?) -> Void) {}
    func consumed(_ count: Int) {}
    func onCancel(_ body: @escaping @Sendable (RPCError) -> Void) {}
  }
}

/// A key as its holder has it.
struct TestKey: Sendable {
  let key: APIKey

  var metadata: Metadata { ["authorization": "Bearer \(key.text)"] }
  var options: CallOptions { CallOptions(metadata: metadata, retries: false) }
}

extension Shop {
  /// Makes a key.
  func key(
    of store: String?,
    _ scopes: ScopeSet = .all,
    until end: Int64? = nil,
    revoked: Bool = false
  ) async throws -> TestKey {
    let key = APIKey.random()
    let now = WallClock.system.now()
    var record = KeyRecord(
      id: key.id,
      store: store.flatMap { StoreID($0) },
      scopes: scopes,
      hash: [],
      description: "",
      createdAt: now,
      expiresAt: end
    )
    if revoked { record.revokedAt = now }
    let made = record
    try await write { transaction in
      var record = made
      record.hash = try KeyWriter(transaction).pepper().hash(key)
      try KeyWriter(transaction).insert(record)
    }
    return TestKey(key: key)
  }

  /// Revokes a key.
  func revoke(_ key: TestKey) async throws {
    try await write { transaction in
      guard var record = try KeyReader(transaction.read).key(key.key.id) else { return }
      record.revokedAt = WallClock.system.now()
      try KeyWriter(transaction).update(record)
    }
  }

  /// Makes stores on purpose.
  func make(stores: String...) async throws {
    try await write { transaction in
      for name in stores {
        if let id = StoreID(name) { try StoreCatalogueWriter(transaction).insert(id, at: 0) }
      }
    }
  }
}

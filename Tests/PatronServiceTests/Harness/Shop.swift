import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import TTRPCNIO
import TestKit

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// A database with its services and clients of them, in a directory of its own. The clients' unary
/// calls stay in the process; see ``ShopChannel``.
final class Shop: Sendable {
  let store: Store
  let client: ShopChannel
  let customers: CustomerServiceClient
  let timelines: TimelineServiceClient
  private let directory: TemporaryDirectory

  /// Opens a shop, runs `body`, and closes the shop in any case. With `database` the shop is a copy
  /// of that file. All calls pass a socket if `usesSocket`, or if `transport` has limits for it.
  static func open(
    limits: StoreLimits = StoreLimits(),
    database: String? = nil,
    transport: Limits? = nil,
    usesSocket: Bool = false,
    routes: Routes = .patron(),
    makeGate: (Store) -> Gate = { _ in .open },
    clock: WallClock = .system,
    log: LogCollector = LogCollector(),
    interceptors: [any Interceptor] = [],
    adjust: (inout StoreOptions) -> Void = { _ in },
    _ body: (Shop) async throws -> Void
  ) async throws {
    let shop = try Shop(limits, database, adjust) { store, watches in
      let transportLimits = transport ?? Limits()
      let gate = makeGate(store)
      return ShopChannel(
        usesSocket: usesSocket || transport != nil,
        limits: transportLimits
      ) { loop in
        do {
          return try Router(
            routes,
            store: store,
            watches: watches,
            loop: loop,
            limits: transportLimits,
            gate: gate,
            interceptors: interceptors,
            clock: clock,
            log: log.log
          )
        } catch {
          preconditionFailure("no reader for the test's store: \(error)")
        }
      }
    }
    let result: Result<Void, any Error>
    do {
      try await body(shop)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await shop.client.close()
    shop.store.close()
    try result.get()
  }

  private init(
    _ limits: StoreLimits,
    _ database: String?,
    _ adjust: (inout StoreOptions) -> Void,
    _ connect: (Store, WatchHub) -> ShopChannel
  ) throws {
    directory = TemporaryDirectory()
    if let database { try directory.copy(database, as: "patron.db") }
    var options = StoreOptions(directory: directory.path, migrations: Migration.all)
    options.limits = limits
    // A test must not be refused because the machine is slow.
    options.limits.writeQueueWait = .seconds(3600)
    options.durability = .off
    let watches = WatchHub()
    options.commitObserver = { watches.observe($0) }
    adjust(&options)
    store = try Store(options)
    client = connect(store, watches)
    customers = CustomerServiceClient(channel: client)
    timelines = TimelineServiceClient(channel: client)
  }
}

extension Shop {
  /// Waits until the server has no connections.
  func waitUntilUnconnected() async throws {
    let server = try await client.connected().server.server
    while server.connectionCount > 0 { await Task.yield() }
  }
}

// MARK: - Calls in few words

extension Shop {
  /// Calls UpsertCustomer.
  @discardableResult
  func upsert(
    in storeID: String = "",
    adjust: (inout UpsertCustomerRequest) -> Void = { _ in },
    _ input: (inout CustomerInput) -> Void
  ) async throws -> UpsertCustomerResponse {
    var request = UpsertCustomerRequest.with {
      $0.storeID = storeID
      $0.customer = .with(input)
    }
    adjust(&request)
    return try await customers.upsertCustomer(request)
  }

  /// Calls GetCustomer.
  func get(
    _ ref: CustomerRef.Ref,
    in storeID: String = "",
    view: CustomerView = .unspecified
  ) async throws -> GetCustomerResponse {
    try await customers.getCustomer(
      .with {
        $0.storeID = storeID
        $0.customer = .with { $0.ref = ref }
        $0.view = view
      }
    )
  }

  /// Returns the customer with an identifier.
  func customer(_ ref: CustomerRef.Ref, in storeID: String = "") async throws -> Customer {
    try await get(ref, in: storeID).customer ?? Customer()
  }

  /// Calls RecordEvent.
  @discardableResult
  func record(
    in storeID: String = "",
    requestID: String = "",
    invalidFields: InvalidFields = .unspecified,
    of customer: (inout CustomerInput) -> Void = { $0.externalID = "c1" },
    _ event: (inout EventInput) -> Void
  ) async throws -> RecordEventResponse {
    try await timelines.recordEvent(
      .with {
        $0.storeID = storeID
        $0.invalidFields = invalidFields
        $0.requestID = requestID
        $0.customer = .with(customer)
        $0.event = .with(event)
      }
    )
  }

  /// Calls SyncOrder.
  @discardableResult
  func sync(
    _ order: Order,
    in storeID: String = "",
    invalidFields: InvalidFields = .unspecified,
    replace: Bool = false,
    allowRegress: Bool = false,
    mask: [String] = [],
    of customer: (inout CustomerInput) -> Void = { $0.externalID = "c1" }
  ) async throws -> SyncOrderResponse {
    try await timelines.syncOrder(
      .with {
        $0.storeID = storeID
        $0.invalidFields = invalidFields
        $0.customer = .with(customer)
        $0.order = order
        $0.replace = replace
        $0.allowRegress = allowRegress
        if !mask.isEmpty { $0.updateMask = .with { $0.paths = mask } }
      }
    )
  }

  /// Returns one page of a timeline.
  func timeline(
    _ ref: CustomerRef.Ref,
    in storeID: String = "",
    filter: EventFilter? = nil,
    size: Int32 = 0,
    token: String = ""
  ) async throws -> GetTimelineResponse {
    try await timelines.getTimeline(
      .with {
        $0.storeID = storeID
        $0.customer = .with { $0.ref = ref }
        $0.filter = filter
        $0.pageSize = size
        $0.pageToken = token
      }
    )
  }

  /// Returns one page of customers.
  func list(
    _ query: String? = nil,
    in storeID: String = "",
    size: Int32 = 0,
    token: String = ""
  ) async throws -> ListCustomersResponse {
    try await customers.listCustomers(
      .with {
        $0.storeID = storeID
        $0.filter = query.map { text in .with { $0.query = text } }
        $0.pageSize = size
        $0.pageToken = token
      }
    )
  }

  /// Returns the external ids of the results of a search, newest first.
  func search(_ query: String, in storeID: String = "") async throws -> [String] {
    try await list(query, in: storeID, size: 100).customers.map { $0.externalID ?? "#\($0.id)" }
  }
}

/// Orders in a short form.
extension Order {
  static func of(
    _ id: String,
    _ total: Int64,
    _ currency: String = "USD",
    at seconds: Int64 = 1_700_000_000,
    _ adjust: (inout Order) -> Void = { _ in }
  ) -> Order {
    .with {
      $0.externalID = id
      $0.total = .of(total, currency)
      $0.placedAt = .at(seconds)
      adjust(&$0)
    }
  }
}

extension Money {
  static func of(_ minorUnits: Int64, _ currency: String = "USD") -> Money {
    .with {
      $0.currencyCode = currency
      $0.minorUnits = minorUnits
    }
  }
}

extension GoogleProtobuf.Timestamp {
  static func at(_ seconds: Int64, nanos: Int32 = 0) -> GoogleProtobuf.Timestamp {
    .with {
      $0.seconds = seconds
      $0.nanos = nanos
    }
  }

  /// The current time in seconds since 1970.
  static var now: Int64 { WallClock.system.now() / 1_000_000 }
}

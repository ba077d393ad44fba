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

/// A server on a directory that can be opened again: it stops and starts as a process would.
final class WatchRig: Sendable {
  let store: Store
  let watches: WatchHub
  let transport: LocalServer
  let client: TTRPCClient
  let timelines: TimelineServiceClient

  static func open(
    in directory: TemporaryDirectory,
    threads: Int = 2,
    limits: (inout Limits) -> Void = { _ in },
    settings: (inout WatchSettings) -> Void = { _ in }
  ) async throws -> WatchRig {
    var feed = WatchSettings()
    settings(&feed)
    let watches = WatchHub(feed)
    var options = StoreOptions(directory: directory.path, migrations: Migration.all)
    // A test must not be refused because the machine is slow.
    options.limits.writeQueueWait = .seconds(3600)
    options.durability = .off
    options.commitObserver = { watches.observe($0) }
    let store = try Store(options)
    let routes = Routes.patron()
    var configuration = TTRPCServer.Configuration()
    configuration.threads = threads
    limits(&configuration.limits)
    let transport = try await LocalServer.start(configuration: configuration) { loop in
      do {
        return try Router(
          routes,
          store: store,
          watches: watches,
          loop: loop,
          clock: .system,
          log: LogCollector().log
        )
      } catch {
        preconditionFailure("no reader for the test's store: \(error)")
      }
    }
    return WatchRig(store, watches, transport)
  }

  /// Opens a rig in a directory of its own, runs `body`, and closes the rig in any case.
  static func run(
    limits: (inout Limits) -> Void = { _ in },
    settings: (inout WatchSettings) -> Void = { _ in },
    _ body: (WatchRig) async throws -> Void
  ) async throws {
    let directory = TemporaryDirectory()
    // A server whose directory is removed stops the process.
    defer { withExtendedLifetime(directory) {} }
    let rig = try await open(in: directory, limits: limits, settings: settings)
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(rig))
    } catch {
      result = .failure(error)
    }
    await rig.close()
    try result.get()
  }

  private init(_ store: Store, _ watches: WatchHub, _ transport: LocalServer) {
    self.store = store
    self.watches = watches
    self.transport = transport
    // There are several connections, so that watches are on both loops.
    client = transport.makeClient {
      $0.connections = 4
      $0.balancing = .roundRobin
    }
    timelines = TimelineServiceClient(channel: client)
  }

  func close() async {
    watches.end()
    await client.close(grace: .zero)
    await transport.shutdown()
    store.close()
  }
}

extension WatchRig {
  /// Records an event, or replaces the one with the same id.
  @discardableResult
  func record(
    _ eventID: String,
    of customer: String = "c1",
    in storeID: String = "",
    type: String = "ping",
    title: String = "",
    note: String = ""
  ) async throws -> Event {
    let response = try await timelines.recordEvent(
      .with {
        $0.storeID = storeID
        $0.customer = .with {
          $0.externalID = customer
          $0.email = "\(customer)@example.com"
        }
        $0.event = .with {
          $0.eventID = eventID
          $0.source = .thirdParty
          $0.sourceName = "app"
          $0.type = type
          $0.title = title
          $0.occurredAt = .at(1_700_000_000)
          if !note.isEmpty { $0.properties = ["note": .with { $0.kind = .stringValue(note) }] }
        }
      }
    )
    return response.event ?? Event()
  }

  /// Opens a watch and waits for its first message.
  func watch(
    after sequence: Int64 = 0,
    of customer: String? = nil,
    in storeID: String = "",
    filter: EventFilter? = nil,
    by other: TTRPCClient? = nil
  ) async throws -> Watching {
    let stream = try await TimelineServiceClient(channel: other ?? client).watchTimeline(
      .with {
        $0.storeID = storeID
        $0.customer = customer.map { id in .with { $0.ref = .externalID(id) } }
        $0.filter = filter
        $0.afterSequence = sequence
      }
    )
    return try await Watching(stream)
  }
}

/// One watch, read by one task.
struct Watching {
  /// The position at which the watch began.
  let start: Int64
  private(set) var last: Int64
  private let stream: MessageStream<WatchTimelineResponse>
  private var iterator: MessageStream<WatchTimelineResponse>.AsyncIterator

  init(_ stream: MessageStream<WatchTimelineResponse>) async throws {
    self.stream = stream
    iterator = stream.makeAsyncIterator()
    guard let first = try await iterator.next(), first.event == nil else {
      throw RPCError(code: .internal, message: "the first message does not say where it begins")
    }
    start = first.sequence
    last = first.sequence
  }

  /// Returns the next message.
  mutating func next() async throws -> WatchTimelineResponse? {
    let response = try await iterator.next()
    if let response { last = response.sequence }
    return response
  }

  /// Returns the next event that a test recorded, without heartbeats and events of new customers.
  mutating func nextEvent() async throws -> WatchTimelineResponse {
    for _ in 0..<100_000 {
      guard let response = try await next() else { break }
      if response.isRecorded { return response }
    }
    throw RPCError(code: .internal, message: "the watch ended without an error")
  }

  /// Returns the next `count` events.
  mutating func events(_ count: Int) async throws -> [WatchTimelineResponse] {
    var events: [WatchTimelineResponse] = []
    for _ in 0..<count { events.append(try await nextEvent()) }
    return events
  }

  /// Returns the events up to the event with this id, inclusive.
  mutating func events(to eventID: String) async throws -> [WatchTimelineResponse] {
    var events: [WatchTimelineResponse] = []
    repeat { events.append(try await nextEvent()) } while events.last?.event?.eventID != eventID
    return events
  }

  func cancel() { stream.cancel() }
}

extension WatchTimelineResponse {
  /// True for an event that a test recorded.
  var isRecorded: Bool { event.map { $0.type != "profile_created" } ?? false }
}

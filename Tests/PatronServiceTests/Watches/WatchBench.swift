import PatronStore
import Synchronization
import TTRPC
import TestKit

@testable import PatronServer

/// The watches of one I/O loop whose tasks run when the test says so, over a feed in memory. Used on
/// one thread.
final class WatchBench {
  let hub: WatchHub
  let watches: LoopWatches
  let loop = ManualLoop()
  let feed = FakeFeed()
  private let handle: LoopHandle
  private let reader: PointReader
  private let store: Store
  private let directory = TemporaryDirectory()
  private var lastStream: UInt32 = 0

  init(_ adjust: (inout WatchSettings) -> Void = { _ in }) throws {
    var settings = WatchSettings()
    settings.turnPause = .zero
    adjust(&settings)
    hub = WatchHub(settings)
    var options = StoreOptions(directory: directory.path, migrations: Migration.all)
    options.durability = .off
    store = try Store(options)
    handle = LoopHandle(loop)
    reader = try store.makePointReader {}
    watches = LoopWatches(hub, reader, handle)
    handle.reader = reader
    handle.watches = watches
  }

  deinit { store.close() }

  /// Opens a watch. Position 0 is the end of the feed, `room` the number of messages that the
  /// client takes before its stream is full.
  func open(
    _ storeID: StoreID = .default,
    of customerID: Int64? = nil,
    filter: UInt8 = 0,
    after sequence: Int64 = 0,
    room: Int = .max
  ) throws -> FakeStream {
    lastStream += 2
    let stream = FakeStream(ReplyTarget(connection: 1, stream: lastStream), room: room)
    let topic = WatchTopic(store: storeID, customerID: customerID)
    let start = sequence == 0 ? feed.last : sequence
    let source = FakeSource(topic: topic, filter: filter, start: start, feed: feed)
    try watches.open(.test(in: storeID), stream) { _ in source }
    return stream
  }

  /// Adds events to the feed and notifies the hub of them.
  func commit(_ events: FakeEvent...) { announce(feed.add(events)) }

  /// Notifies the hub of events that are in the feed.
  func announce(_ events: [FakeFeed.Row]) {
    let changes = Dictionary(grouping: events) {
      WatchTopic(store: $0.event.store, customerID: $0.event.customerID)
    }
    hub.observe(
      changes.map { topic, rows in
        let sequences = rows.map(\.sequence)
        return RecordChange(
          store: topic.store.name,
          customerID: topic.customerID ?? 0,
          events: (sequences.min() ?? 0)...(sequences.max() ?? 0)
        )
      }
    )
  }
}

struct FakeEvent {
  var store = StoreID.default
  var customerID: Int64 = 1
  var tag: UInt8 = 1
}

/// A feed in memory, of all stores.
final class FakeFeed: Sendable {
  struct Row {
    let sequence: Int64
    let event: FakeEvent
  }

  private let rows = Mutex<[Row]>([])
  /// The failure of every read.
  let failure = Mutex<RPCError?>(nil)
  /// The number of events that a page visits.
  let pageRows = Mutex(1000)

  var all: [Row] { rows.withLock { $0 } }
  var last: Int64 { rows.withLock { $0.last?.sequence ?? 1 } }

  /// Adds events, with gaps between their sequences.
  func add(_ events: [FakeEvent]) -> [Row] {
    rows.withLock { rows in
      let first = (rows.last?.sequence ?? 1) + 2
      let added = events.enumerated().map { Row(sequence: first + 3 * Int64($0), event: $1) }
      rows += added
      return added
    }
  }

  /// The events of a store behind a sequence.
  func after(_ sequence: Int64, in store: StoreID) -> ArraySlice<Row> {
    let rows = all
    var low = 0
    var high = rows.count
    while low < high {
      let middle = (low + high) / 2
      if rows[middle].sequence > sequence { high = middle } else { low = middle + 1 }
    }
    return rows[low...].filter { $0.event.store == store }[...]
  }
}

/// A watch of a feed in memory. Filter 0 matches every event, others the events with that tag.
struct FakeSource: WatchSource {
  let topic: WatchTopic
  let filter: UInt8
  let start: Int64
  let feed: FakeFeed
  var startsFarBack: Bool { false }

  func checkStart(oldest: Int64) {}

  var selection: WatchSelection { WatchSelection(filter: [filter], customer: nil) }

  func read(after position: Int64, _ context: WatchContext) throws -> WatchPage {
    if let failure = feed.failure.withLock({ $0 }) { throw failure }
    var page = WatchPage(position: position)
    let rows = feed.after(position, in: topic.store)
    let count = feed.pageRows.withLock { $0 }
    for row in rows.prefix(count) {
      page.position = row.sequence
      if Self.matches(row.event, topic, filter) {
        page.messages.append(
          WatchMessage(sequence: row.sequence, bytes: Self.bytes(1, row.sequence))
        )
      }
    }
    page.isCaughtUp = rows.count <= count
    return page
  }

  func heartbeat(at position: Int64) -> [UInt8] { Self.bytes(0, position) }

  static func matches(_ event: FakeEvent, _ topic: WatchTopic, _ filter: UInt8) -> Bool {
    event.store == topic.store && (topic.customerID ?? event.customerID) == event.customerID
      && (filter == 0 || filter == event.tag)
  }

  private static func bytes(_ kind: UInt8, _ sequence: Int64) -> [UInt8] {
    [kind] + withUnsafeBytes(of: sequence.littleEndian) { [UInt8]($0) }
  }
}

/// A loop whose tasks run when the test says so.
final class ManualLoop: ServerLoop {
  private let tasks = Mutex<[@Sendable () -> Void]>([])
  private let timers = Mutex<[@Sendable () -> Void]>([])

  func complete(_ completions: [Completion]) {}

  func execute(_ work: @escaping @Sendable () -> Void) { tasks.withLock { $0.append(work) } }

  func execute(after delay: Duration, _ work: @escaping @Sendable () -> Void) {
    // The pause between turns is none here; heartbeats come later.
    if delay == .zero { execute(work) } else { timers.withLock { $0.append(work) } }
  }

  /// Runs the oldest task. Returns false if there is none.
  @discardableResult func runOne() -> Bool {
    let task = tasks.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    task?()
    return task != nil
  }

  /// Runs tasks until none is left. Returns their number.
  @discardableResult func runAll() -> Int {
    var count = 0
    while runOne() { count += 1 }
    return count
  }

  /// Runs the timers that are set now.
  func fireTimers() {
    let due = timers.withLock { timers in
      defer { timers = [] }
      return timers
    }
    for timer in due { timer() }
  }
}

/// A stream whose client takes messages when the test says so.
final class FakeStream: ServerStream {
  struct Message: Equatable {
    let isEvent: Bool
    let sequence: Int64
  }

  private struct State {
    var room: Int
    var messages: [Message] = []
    var isFinished = false
    var error: RPCError?
    var onWritable: (@Sendable () -> Void)?
    var onCancel: (@Sendable (RPCError) -> Void)?
  }

  let target: ReplyTarget
  private let state: Mutex<State>

  init(_ target: ReplyTarget, room: Int) {
    self.target = target
    state = Mutex(State(room: room))
  }

  var messages: [Message] { state.withLock { $0.messages } }
  /// The sequences of the events that were sent.
  var events: [Int64] { messages.filter(\.isEvent).map(\.sequence) }
  var isFinished: Bool { state.withLock { $0.isFinished } }
  var error: RPCError? { state.withLock { $0.error } }

  func send(_ message: [UInt8]) -> Bool {
    let sequence = message.dropFirst().reversed().reduce(Int64(0)) { $0 << 8 | Int64($1) }
    return state.withLock { state in
      precondition(!state.isFinished, "a message behind the end")
      precondition(state.room > 0, "a message for a full stream")
      state.messages.append(Message(isEvent: message[0] == 1, sequence: sequence))
      state.room -= 1
      return state.room > 0
    }
  }

  /// Makes room for more messages.
  func take(_ count: Int) {
    let writable = state.withLock { state in
      let wasFull = state.room == 0
      state.room += min(count, .max - state.room)
      return wasFull && count > 0 ? state.onWritable : nil
    }
    writable?()
  }

  func cancel() {
    let told = state.withLock { state in
      defer { state.onCancel = nil }
      return state.onCancel
    }
    told?(RPCError(code: .cancelled, message: "cancelled by the test"))
  }

  func finish(_ error: RPCError?) {
    state.withLock { state in
      state.isFinished = true
      state.error = error
    }
  }

  func onWritable(_ body: @escaping @Sendable () -> Void) {
    state.withLock { $0.onWritable = body }
  }
  func onCancel(_ body: @escaping @Sendable (RPCError) -> Void) {
    state.withLock { $0.onCancel = body }
  }
  func onMessage(_ body: @escaping @Sendable ([UInt8]?) -> Void) {}
  func consumed(_ count: Int) {}
}

internal import PatronStore
internal import TTRPC

/// The subscriptions of one I/O loop, used on that loop only. A subscription is read where its
/// connection is served, page by page, and holds neither thread nor transaction in between.
final class LoopWatches {
  private let hub: WatchHub
  private let reader: PointReader
  private let loop: LoopHandle
  private var watches: [ObjectIdentifier: OpenWatch] = [:]
  private var isSweepPlanned = false

  /// A page takes a tenth of it at most; finding how far back a client may go can take more.
  private static let budgetSteps = 10_000_000

  init(_ hub: WatchHub, _ reader: PointReader, _ loop: LoopHandle) {
    self.hub = hub
    self.reader = reader
    self.loop = loop
  }

  /// Begins a subscription. The first message says where it begins.
  func open(
    _ call: CallContext,
    _ stream: any ServerStream,
    _ work: (WatchContext) throws -> any WatchSource
  ) throws {
    let source = try read(work)
    let watch = OpenWatch(source, stream, loop, call)
    // Commits are heard of before the first page is read, so that none falls in between.
    guard hub.add(watch) else { throw RPCError.watchEnded }
    watches[ObjectIdentifier(watch)] = watch
    stream.onWritable {
      watch.unblock()
      watch.loop.watches?.wake(watch)
    }
    stream.onCancel { _ in watch.loop.watches?.forget(watch) }
    watch.sendHeartbeat()
    wake(watch)
    planSweep()
  }

  /// Reads a page for a watch that something was committed for.
  func wake(_ watch: OpenWatch) {
    guard watches[ObjectIdentifier(watch)] != nil, let position = watch.beginRead() else { return }
    do {
      let page = try read { context in
        try watch.source.read(after: position, context, watch.send)
      }
      guard watch.endRead(page) else { return }
      // The next page comes after others had their turn.
      loop.execute { watches in
        watch.goOn()
        watches.wake(watch)
      }
    } catch {
      forget(watch)
      watch.stream.finish(watch.call.status(of: error))
    }
  }

  func forget(_ watch: OpenWatch) {
    hub.remove(watch)
    watches[ObjectIdentifier(watch)] = nil
  }

  private func read<Result>(_ body: (WatchContext) throws -> Result) throws -> Result {
    try reader.read(budgetSteps: Self.budgetSteps) { transaction in
      try body(WatchContext(transaction: transaction, history: hub.settings.history))
    }
  }

  // MARK: Heartbeats

  private func planSweep() {
    guard !isSweepPlanned, !watches.isEmpty else { return }
    isSweepPlanned = true
    loop.execute(after: hub.settings.heartbeat / 4) { watches in
      watches.isSweepPlanned = false
      watches.sweep()
      watches.planSweep()
    }
  }

  private func sweep() {
    let due = ContinuousClock.now - hub.settings.heartbeat
    for watch in watches.values where watch.isQuiet(since: due) {
      watch.sendHeartbeat(upTo: hub.quietSequence(of: watch))
    }
  }
}

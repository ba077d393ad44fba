internal import PatronStore
internal import TTRPC

/// The watches of one I/O loop, used on that loop only. A watch is read on the loop of its
/// connection, page by page. Between pages it holds neither a thread nor a transaction.
final class LoopWatches {
  private let hub: WatchHub
  private let reader: PointReader
  private let loop: LoopHandle
  private var watches: [ObjectIdentifier: OpenWatch] = [:]
  private var isSweepPlanned = false

  /// The budget of a read, in steps of SQLite's virtual machine. A page takes a tenth of it at
  /// most; the check of the client's first position can take more.
  private static let budgetSteps = 10_000_000

  init(_ hub: WatchHub, _ reader: PointReader, _ loop: LoopHandle) {
    self.hub = hub
    self.reader = reader
    self.loop = loop
  }

  /// Opens a watch. Its first message reports the position at which it starts.
  func open(
    _ call: CallContext,
    _ stream: any ServerStream,
    _ work: (WatchContext) throws -> any WatchSource
  ) throws {
    let source = try read(work)
    let watch = OpenWatch(source, stream, loop, call)
    // The watch is registered before its first read, so it cannot miss a commit.
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

  /// Reads a page for a watch, after a commit or when its stream has room again.
  func wake(_ watch: OpenWatch) {
    guard watches[ObjectIdentifier(watch)] != nil, let position = watch.beginRead() else { return }
    do {
      let page = try read { context in
        try watch.source.read(after: position, context, watch.send)
      }
      guard watch.endRead(page) else { return }
      // Other work of the loop runs before the next page.
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

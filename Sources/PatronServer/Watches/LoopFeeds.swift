internal import PatronStore
internal import TTRPC

/// The subscriptions of one I/O loop, used on that loop only. A subscription is read where its
/// connection is served, page by page, and holds neither thread nor transaction in between.
final class LoopFeeds {
  private let hub: FeedHub
  private let reader: PointReader
  private let loop: LoopHandle
  private var watches: [ObjectIdentifier: FeedWatch] = [:]
  private var isSweepPlanned = false

  /// A page takes a tenth of it at most; finding how far back a client may go can take more.
  private static let budgetSteps = 10_000_000

  init(_ hub: FeedHub, _ reader: PointReader, _ loop: LoopHandle) {
    self.hub = hub
    self.reader = reader
    self.loop = loop
  }

  /// Begins a subscription. The first message says where it begins.
  func open(
    _ work: Routes.FeedWork,
    _ stream: any ServerStream,
    _ errors: CallErrors
  ) throws {
    let subscription = try read { try work($0) }
    let watch = FeedWatch(subscription, stream, loop, errors)
    // Commits are heard of before the first page is read, so that none falls in between.
    guard hub.add(watch) else { throw RPCError.watchEnded }
    watches[ObjectIdentifier(watch)] = watch
    stream.onWritable {
      watch.unblock()
      watch.loop.feeds?.wake(watch)
    }
    stream.onCancel { _ in watch.loop.feeds?.forget(watch) }
    watch.sendHeartbeat()
    wake(watch)
    planSweep()
  }

  /// Reads a page for a watch that something was committed for.
  func wake(_ watch: FeedWatch) {
    guard watches[ObjectIdentifier(watch)] != nil, let position = watch.beginRead() else { return }
    do {
      let page = try read { context in
        try watch.subscription.read(after: position, context, watch.send)
      }
      guard watch.endRead(page) else { return }
      // The next page comes after others had their turn.
      loop.execute { feeds in
        watch.goOn()
        feeds.wake(watch)
      }
    } catch {
      forget(watch)
      watch.stream.finish(watch.errors.status(of: error))
    }
  }

  func forget(_ watch: FeedWatch) {
    hub.remove(watch)
    watches[ObjectIdentifier(watch)] = nil
  }

  private func read<Result>(_ body: (FeedContext) throws -> Result) throws -> Result {
    try reader.read(budgetSteps: Self.budgetSteps) { transaction in
      try body(FeedContext(transaction: transaction, history: hub.settings.history))
    }
  }

  // MARK: Heartbeats

  private func planSweep() {
    guard !isSweepPlanned, !watches.isEmpty else { return }
    isSweepPlanned = true
    loop.execute(after: hub.settings.heartbeat / 4) { feeds in
      feeds.isSweepPlanned = false
      feeds.sweep()
      feeds.planSweep()
    }
  }

  private func sweep() {
    let due = ContinuousClock.now - hub.settings.heartbeat
    for watch in watches.values where watch.isQuiet(since: due) {
      watch.sendHeartbeat(upTo: hub.quietSequence(of: watch))
    }
  }
}

internal import PatronStore
internal import TTRPC

/// The subscriptions of one I/O loop. A subscription is read where its connection is served, page by
/// page, and holds neither thread nor transaction in between.
///
/// `@unchecked Sendable`: used on its loop only.
final class LoopFeeds: @unchecked Sendable {
  private let hub: FeedHub
  private let reader: PointReader
  private let loop: any ServerLoop
  private var watches: [ObjectIdentifier: FeedWatch] = [:]
  private var isSweepPlanned = false

  /// A page takes a tenth of it at most; finding how far back a client may go can take more.
  private static let budgetSteps = 10_000_000

  init(_ hub: FeedHub, _ reader: PointReader, _ loop: any ServerLoop) {
    self.hub = hub
    self.reader = reader
    self.loop = loop
  }

  /// Begins a subscription. The first message says where it begins.
  func open(_ work: Routes.FeedWork, _ stream: any ServerStream) throws {
    let subscription = try read { try work($0) }
    let watch = FeedWatch(subscription, stream, loop)
    watch.feeds = self
    // Commits are heard of before the first page is read, so that none falls in between.
    guard hub.add(watch) else { throw RPCError.watchEnded }
    watches[ObjectIdentifier(watch)] = watch
    stream.onWritable { [weak self] in
      watch.isBlocked = false
      self?.wake(watch)
    }
    stream.onCancel { [weak self, hub] _ in
      hub.remove(watch)
      self?.watches[ObjectIdentifier(watch)] = nil
    }
    watch.sendHeartbeat()
    wake(watch)
    planSweep()
  }

  /// Reads a page for a watch that something was committed for.
  func wake(_ watch: FeedWatch) {
    guard watches[ObjectIdentifier(watch)] != nil else { return }
    guard !watch.isBlocked, !watch.isScheduled else { return }
    watch.takeNews()
    do {
      let page = try read { context in
        try watch.subscription.read(after: watch.position, context, watch.send)
      }
      watch.advance(to: page.position)
      watch.isCaughtUp = page.end == .caughtUp
      watch.isBlocked = page.end == .isFull
      if page.end == .hasMore { goOn(watch) }
    } catch {
      hub.remove(watch)
      watches[ObjectIdentifier(watch)] = nil
      watch.stream.finish(.from(error))
    }
  }

  /// Reads the next page after others had their turn.
  private func goOn(_ watch: FeedWatch) {
    watch.isScheduled = true
    loop.execute { [weak self] in
      watch.isScheduled = false
      self?.wake(watch)
    }
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
    loop.execute(after: hub.settings.heartbeat / 4) { [weak self] in
      self?.isSweepPlanned = false
      self?.sweep()
      self?.planSweep()
    }
  }

  private func sweep() {
    let due = ContinuousClock.now - hub.settings.heartbeat
    for watch in watches.values where !watch.isBlocked && watch.lastSent <= due {
      if watch.isCaughtUp, let sequence = hub.quietSequence(of: watch) {
        watch.advance(to: sequence)
      }
      watch.sendHeartbeat()
    }
  }
}

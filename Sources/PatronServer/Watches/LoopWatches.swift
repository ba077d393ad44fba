internal import DequeModule
internal import PatronStore
internal import TTRPC

/// The watches of one I/O loop, used on that loop only. Watches at the same place share their
/// reads; see ``WatchGroup``. Between reads they hold neither a thread nor a transaction.
///
/// Reads and messages are work of turns. A turn is bounded in time and messages, and between two
/// turns the loop serves its connections.
final class LoopWatches {
  private let hub: WatchHub
  private let reader: PointReader
  private let loop: LoopHandle
  private let feed: WatchFeed
  private var watches: [ReplyTarget: OpenWatch] = [:]
  private var topics: [WatchTopic: LoopTopic] = [:]
  private var queue = WatchQueue()
  /// Watches that wait for the count of a store's newest events.
  private var openings: [ReplyTarget: WatchOpening] = [:]
  /// The counts that are not finished, the next first.
  private var floors: Deque<WatchFloor> = []
  /// Watches that are due for a heartbeat.
  private var quiet: [ReplyTarget] = []
  /// The number of reads and wake-ups so far.
  private var lastNumber: UInt64 = 0
  private var isTurnPlanned = false
  private var lastTurn = ContinuousClock.now - LoopWatches.rest
  private var isSweepPlanned = false

  private var settings: WatchSettings { hub.settings }

  init(_ hub: WatchHub, _ reader: PointReader, _ loop: LoopHandle) {
    self.hub = hub
    self.reader = reader
    self.loop = loop
    feed = WatchFeed(maxBytes: hub.settings.feedBytes)
  }

  /// Opens a watch. Its first message reports the position at which it starts.
  ///
  /// - Throws: RESOURCE_EXHAUSTED `TOO_MANY_WATCHES`, UNAVAILABLE `SHUTTING_DOWN`, and the errors
  ///   of `work`.
  func open(
    _ call: CallContext,
    _ stream: any ServerStream,
    _ work: (WatchContext) throws -> any WatchSource
  ) throws {
    let source = try read(until: .now + settings.turnTime, work)
    try hub.enter()
    let opening = WatchOpening(source, stream, call)
    guard source.startsFarBack, let history = settings.history else { return try begin(opening) }
    let target = stream.target
    openings[target] = opening
    stream.onCancel { [loop] _ in loop.watches?.cancel(target) }
    let store = source.topic.store
    if let floor = floors.first(where: { $0.store == store && $0.oldest == nil }) {
      floor.openings.append(opening)
    } else {
      let floor = WatchFloor(of: store, history: history)
      floor.openings.append(opening)
      floors.append(floor)
    }
    planTurn()
  }

  /// Begins a watch that has taken a place in the hub.
  private func begin(_ opening: WatchOpening) throws(RPCError) {
    // The topic is registered before the first read, so a watch cannot miss a commit.
    guard let topic = topic(opening.source.topic) else {
      hub.leave()
      throw RPCError.watchEnded
    }
    let places = topic.places(of: opening.source)
    places.count += 1
    let stream = opening.stream
    let watch = OpenWatch(opening, places)
    let target = stream.target
    watches[target] = watch
    stream.onWritable { [loop] in loop.watches?.unblock(target) }
    stream.onCancel { [loop] _ in loop.watches?.cancel(target) }
    // The call may have been cancelled before.
    guard watches[target] != nil else { return }
    planSweep()
    if watch.send(opening.source.heartbeat(at: watch.position), .now) { place(watch) }
  }

  /// Ends every watch, because the server stops.
  func end() {
    for watch in Array(watches.values) {
      forget(watch)
      watch.stream.finish(.watchEnded)
    }
    for opening in Array(openings.values) { refuse(opening, RPCError.watchEnded) }
  }

  // MARK: Starts far back

  /// Takes one step of a count, or opens some of the watches that waited for it.
  private func stepFloor(until end: ContinuousClock.Instant) {
    guard let floor = floors.popFirst() else { return }
    // A count ends when nobody waits for it any more.
    while let last = floor.openings.last, openings[last.stream.target] !== last {
      floor.openings.removeLast()
    }
    guard !floor.openings.isEmpty else { return }
    if let oldest = floor.oldest {
      for opening in floor.openings.suffix(Self.openingsPerTurn) { decide(opening, oldest) }
      floor.openings.removeLast(min(Self.openingsPerTurn, floor.openings.count))
    } else {
      do {
        try read(until: end) { try floor.step($0.store(floor.store)) }
      } catch {
        for opening in floor.openings { refuse(opening, error) }
        return
      }
    }
    floors.append(floor)
  }

  private static let openingsPerTurn = 32

  private func decide(_ opening: WatchOpening, _ oldest: Int64) {
    do {
      try opening.source.checkStart(oldest: oldest)
    } catch {
      return refuse(opening, error)
    }
    guard openings.removeValue(forKey: opening.stream.target) != nil else { return }
    do {
      try begin(opening)
    } catch {
      opening.stream.finish(error)
    }
  }

  private func refuse(_ opening: WatchOpening, _ error: any Error) {
    guard openings.removeValue(forKey: opening.stream.target) != nil else { return }
    hub.leave()
    opening.stream.finish(opening.call.status(of: error))
  }

  // MARK: Places

  /// Returns the topic, registered for commits; nil if the server is stopping.
  private func topic(_ topic: WatchTopic) -> LoopTopic? {
    if let known = topics[topic] { return known }
    let news = TopicNews(topic, loop)
    guard hub.add(news) else { return nil }
    let new = LoopTopic(news)
    topics[topic] = new
    return new
  }

  private func place(_ watch: OpenWatch) {
    guard let group = watch.places.place(watch) else { return }
    queue.add(group)
    planTurn()
  }

  private func unblock(_ target: ReplyTarget) {
    guard let watch = watches[target], watch.group == nil else { return }
    place(watch)
  }

  private func cancel(_ target: ReplyTarget) {
    if let watch = watches[target] { forget(watch) }
    if openings.removeValue(forKey: target) != nil { hub.leave() }
  }

  private func leaveGroup(_ watch: OpenWatch) {
    guard let group = watch.group else { return }
    group.remove(watch)
    if group.members.isEmpty { watch.places.drop(group) }
  }

  private func forget(_ watch: OpenWatch) {
    watches[watch.stream.target] = nil
    leaveGroup(watch)
    let places = watch.places
    places.count -= 1
    if places.count == 0 {
      let topic = places.topic
      topic.remove(places)
      if topic.selections.isEmpty {
        topics[topic.news.topic] = nil
        hub.remove(topic.news)
      }
    }
    hub.leave()
  }

  // MARK: Commits

  /// Takes the commits of topics. Every live group of them is read soon.
  func wake(_ woken: [TopicNews]) {
    for news in woken {
      guard let topic = topics[news.topic], topic.news === news, let low = news.take() else {
        continue
      }
      lastNumber += 1
      topic.lastWakeUp = lastNumber
      for places in topic.selections.values {
        guard let live = places.live else { continue }
        live.news = min(live.news ?? low, low)
        queue.add(live)
      }
    }
    planTurn()
  }

  // MARK: Turns

  /// Plans the next turn. Soon after another it comes with a pause, which begins when the messages
  /// of the last turn are on their way: the loop runs queued tasks, and timers that are due, before
  /// it looks at its sockets, so turns that follow each other would stop all connections.
  private func planTurn() {
    guard !isTurnPlanned, !queue.isEmpty || !quiet.isEmpty || !floors.isEmpty else { return }
    isTurnPlanned = true
    let turn: @Sendable (LoopWatches) -> Void = { watches in
      watches.isTurnPlanned = false
      watches.takeTurn()
      watches.lastTurn = .now
      watches.planTurn()
    }
    if lastTurn + Self.rest <= .now { return loop.execute(turn) }
    loop.execute { watches in
      watches.loop.execute(after: watches.settings.turnPause, turn)
    }
  }

  /// The time after a turn in which another one waits for a pause.
  private static let rest = Duration.milliseconds(5)

  private func takeTurn() {
    let end = ContinuousClock.now + settings.turnTime
    var room = settings.turnMessages
    // A part of each turn, so that busy watches do not keep the others from their heartbeats.
    sendHeartbeats(room / 4 + 1)
    stepFloor(until: end)
    repeat {
      guard let group = queue.next() else { return }
      step(group, until: end, &room)
    } while room > 0 && .now < end
  }

  /// Reads a page for a group, or goes on sending its last one.
  private func step(
    _ group: WatchGroup,
    until end: ContinuousClock.Instant,
    _ room: inout Int
  ) {
    guard !group.members.isEmpty else { return }
    if group.delivery == nil { read(group, until: end) }
    deliver(group, until: end, &room)
    guard group.isDelivered else { return queue.add(group, goesOn: true) }
    group.endDelivery()
    // An empty group may have outlived its places.
    guard !group.members.isEmpty else { return }
    if let next = group.places.settle(group) { queue.add(next) }
  }

  private func read(
    _ group: WatchGroup,
    until end: ContinuousClock.Instant
  ) {
    lastNumber += 1
    group.places.beginRead(of: group)
    let position = group.beginRead(lastNumber)
    let source = group.places.source
    hub.countRead()
    group.deliver(
      Result { try read(until: end) { context in try source.read(after: position, context) } }
    )
  }

  private func read<Output>(
    until end: ContinuousClock.Instant,
    _ body: (WatchContext) throws -> Output
  ) throws -> Output {
    feed.begin(at: reader.commitCount)
    let budget = WatchBudget(until: end, maxBytes: settings.pageBytes)
    return try reader.read(budgetSteps: Self.budgetSteps) { transaction in
      try body(
        WatchContext(
          transaction: transaction,
          history: settings.history,
          feed: feed,
          budget: budget
        )
      )
    }
  }

  /// The budget of a read, in steps of SQLite's virtual machine. A page ends long before.
  private static let budgetSteps = 1_000_000

  /// Sends the page of a group to its members, or ends them with its error. Stops when the turn is
  /// over.
  private func deliver(
    _ group: WatchGroup,
    until end: ContinuousClock.Instant,
    _ room: inout Int
  ) {
    guard let delivery = group.delivery else { return }
    var now = ContinuousClock.now
    while let watch = group.nextUntold() {
      switch delivery {
      case .success(let page): send(page, to: watch, now, &room)
      case .failure(let error):
        forget(watch)
        watch.stream.finish(watch.call.status(of: error))
        room -= 1
      }
      now = .now
      if room <= 0 || now >= end { return }
    }
  }

  private func send(
    _ page: WatchPage,
    to watch: OpenWatch,
    _ now: ContinuousClock.Instant,
    _ room: inout Int
  ) {
    for message in page.messages where message.sequence > watch.position {
      watch.position = message.sequence
      room -= 1
      if watch.send(message.bytes, now) { continue }
      if message.sequence == page.messages.last?.sequence { watch.position = page.position }
      return leaveGroup(watch)
    }
    watch.position = max(watch.position, page.position)
  }

  // MARK: Heartbeats

  private func planSweep() {
    if watches.isEmpty { hub.noteLag([:], of: loop) }
    guard !isSweepPlanned, !watches.isEmpty else { return }
    isSweepPlanned = true
    loop.execute(after: settings.heartbeat / 4) { watches in
      watches.isSweepPlanned = false
      watches.sweep()
      watches.planSweep()
    }
  }

  private func sweep() {
    noteLag()
    guard quiet.isEmpty else { return }
    let due = ContinuousClock.now - settings.heartbeat
    quiet = watches.filter { $1.isQuiet(since: due) }.map(\.key)
    planTurn()
  }

  private func noteLag() {
    var positions: [String: Int64] = [:]
    for watch in watches.values {
      let topic = watch.places.topic.news.topic
      guard topic.customerID == nil else { continue }
      let position = max(watch.position, watch.group?.settled ?? 0)
      positions[topic.store.name] = min(positions[topic.store.name] ?? position, position)
    }
    hub.noteLag(positions, of: loop)
  }

  private func sendHeartbeats(_ count: Int) {
    let now = ContinuousClock.now
    for target in quiet.suffix(count).reversed() {
      if let watch = watches[target], let group = watch.group { beat(watch, group, now) }
    }
    quiet.removeLast(min(count, quiet.count))
  }

  /// Sends the client its position. If it is in a live group that has caught up, the position first
  /// moves to the last sequence that the hub was notified of.
  private func beat(_ watch: OpenWatch, _ group: WatchGroup, _ now: ContinuousClock.Instant) {
    if group === watch.places.live, group.isCaughtUp, group.news == nil,
      let newest = hub.quietSequence(of: group.places.topic.news)
    {
      group.skip(to: newest)
    }
    watch.position = max(watch.position, group.settled)
    if !watch.send(watch.places.source.heartbeat(at: watch.position), now) { leaveGroup(watch) }
  }
}

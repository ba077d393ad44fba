internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

/// A response with one result for each item.
protocol BatchResponse: Message {
  var results: [BatchItemResult] { get set }
  var counts: BatchCounts? { get set }
}

extension BatchUpsertCustomersResponse: BatchResponse {}
extension ImportCustomersResponse: BatchResponse {}
extension ImportSuppressionsResponse: BatchResponse {}
extension BatchRecordEventsResponse: BatchResponse {}
extension BatchSyncOrdersResponse: BatchResponse {}
extension UpdateTagsResponse: BatchResponse {}

/// A batch that is applied in pieces, each in a transaction, so that writes of others commit in
/// between. A value is the state between two pieces: a piece that is rolled back begins again from
/// it.
///
/// The parts of the response that the pieces make are one message together: every part has the
/// results of its items, and the last part also has the counts.
struct BatchPieces<Item: Sendable, Memory: Sendable, Response: BatchResponse>: Sendable {
  /// Applies an item. `memory` is what earlier items leave for later ones.
  typealias Apply =
    @Sendable (Item, inout Memory, StoreWriter, WriteContext) throws -> BatchItemResult

  private let batch: Batch<Item>
  private let apply: Apply
  private var memory: Memory
  private var outcome = BatchOutcome()
  /// The results so far as they are stored, for a request with an id.
  private var kept: [BatchItemResult] = []
  /// Items of the pieces so far.
  private(set) var done = 0
  /// Records that merges of these items moved.
  private var movedRecords: Int64 = 0

  init(_ batch: Batch<Item>, memory: Memory, apply: @escaping Apply) {
    self.batch = batch
    self.apply = apply
    self.memory = memory
  }

  /// Time after which a piece ends before it has all items that it may have: some items take long.
  private static var maxDuration: Duration { .milliseconds(20) }

  /// Applies the next piece, appends its part of the response, and returns the rest.
  func step(_ context: WriteContext, _ response: inout ResponseBuffer) throws -> WriteStep {
    var next = self
    try response.append(try next.applyPiece(in: context))
    return next.rest { [next] context, response in try next.step(context, &response) }
  }

  /// Applies the next items, as many as the transaction may, in order. Returns their part of the
  /// response.
  mutating func applyPiece(in context: WriteContext) throws -> Response {
    let writer = context.writer
    let isCut = context.maxItems < batch.items.count
    let end = ContinuousClock.now + Self.maxDuration
    var (memory, outcome, place) = (memory, outcome, done)
    // A merge must not move more than the rest of what the whole batch may.
    writer.noteMove(of: movedRecords)
    repeat {
      try batch.apply(place, in: context, &outcome) { item in
        try apply(item, &memory, writer, context)
      }
      place += 1
    } while place < batch.items.count && place - done < context.maxItems
      && !(isCut && ContinuousClock.now >= end)
    let results = outcome.takeResults()
    movedRecords = writer.movedRecords
    (self.memory, self.outcome, done) = (memory, outcome, place)
    return .with {
      $0.results = results
      if place == batch.items.count { $0.counts = outcome.counts }
    }
  }

  /// Applies the next items like ``applyPiece(in:)``, for a request with an id. `stored` is what is
  /// stored for the request, if anything. Items that it has beyond those of this value were applied
  /// by another attempt: they are taken over, and the piece goes on after them. Returns the part of
  /// the response and the form in which all pieces so far are stored, or no such form if everything
  /// is stored already.
  mutating func applyPiece(
    after stored: Response?,
    in context: WriteContext
  ) throws -> (part: Response, kept: Response?) {
    let further = (stored?.results ?? []).dropFirst(done)
    if let stored, stored.counts != nil || !further.isEmpty {
      outcome.note(further)
      let isWhole = stored.counts != nil || stored.results.count >= batch.items.count
      done = isWhole ? batch.items.count : stored.results.count
      kept = stored.results
    }
    guard done < batch.items.count else {
      let counts = stored?.counts ?? outcome.counts
      return (.with { ($0.results, $0.counts) = (Array(further), counts) }, nil)
    }
    var part = try applyPiece(in: context)
    kept += outcome.kept(part.results)
    part.results.insert(contentsOf: further, at: 0)
    return (part, .with { ($0.results, $0.counts) = (kept, part.counts) })
  }

  /// Returns the rest after this piece, which `run` applies.
  func rest(
    _ run: @escaping @Sendable (WriteContext, inout ResponseBuffer) throws -> WriteStep
  ) -> WriteStep {
    guard done < batch.items.count else { return .done }
    return .rest(WriteRest(done: done, left: batch.items.count - done, run: run))
  }
}

extension BatchPieces where Memory == Void {
  init(
    _ batch: Batch<Item>,
    apply: @escaping @Sendable (Item, StoreWriter, WriteContext) throws -> BatchItemResult
  ) {
    self.init(batch, memory: ()) { item, _, writer, context in try apply(item, writer, context) }
  }
}

internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

/// The items of a batch, each checked separately.
struct Batch<Item: Sendable>: Sendable {
  /// The maximum number of items in a batch.
  static var maxCount: Int { 1000 }

  /// The number of items.
  let count: Int
  /// The items that are checked so far.
  private(set) var items: [Result<Item, any Error>] = []
  /// True if a phone number was refused or left out because its country is unknown.
  private(set) var lacksCountry = false
  /// Warnings and errors that were found in the inputs.
  private(set) var findings = 0
  private let dropsSecondary: Bool
  /// Checks the input at an index. It holds the inputs, so it is nil once all are checked.
  private var check: Check?

  private typealias Check = @Sendable (Int, inout Violations) throws -> Item

  /// Creates a batch of inputs that are still to be checked by `check`. A violation in one input
  /// does not stop the others.
  init<Input: Sendable>(
    _ inputs: [Input],
    field: String,
    dropsSecondary: Bool = false,
    check: @escaping @Sendable (Input, inout Violations) throws -> Item
  ) throws {
    guard !inputs.isEmpty, inputs.count <= Self.maxCount else {
      throw DomainError.invalid(
        field,
        "BATCH_SIZE_OUT_OF_RANGE",
        "A batch has 1 to \(Self.maxCount) items; this one has \(inputs.count)."
      )
    }
    count = inputs.count
    self.dropsSecondary = dropsSecondary
    items.reserveCapacity(count)
    self.check = { index, violations in try check(inputs[index], &violations) }
  }

  /// True if all items are checked.
  var isChecked: Bool { check == nil }

  /// Checks further items; see ``PreparedBatch/checkItems(atMost:until:)``.
  mutating func checkItems(atMost count: Int, until end: ContinuousClock.Instant?) {
    guard let check else { return }
    let last = min(items.count + count, self.count)
    let lacked = lacksCountry
    while items.count < last {
      checkItem(check)
      if lacksCountry != lacked { break }
      if let end, ContinuousClock.now >= end { break }
    }
    if items.count == self.count { self.check = nil }
  }

  private mutating func checkItem(_ check: Check) {
    var violations = Violations(dropsSecondary: dropsSecondary)
    let result: Result<Item, any Error>
    do {
      let item = try check(items.count, &violations)
      try violations.finish()
      result = .success(item)
    } catch {
      result = .failure(error)
    }
    if violations.lacksCountry { lacksCountry = true }
    findings += violations.errors.count + violations.warnings.count
    items.append(result)
  }

  /// The extent of the batch for its lane. A batch that is not `divisible` is one transaction.
  func extent(divisible: Bool) -> BatchExtent {
    BatchExtent(
      items: count,
      findings: findings,
      maxAnswerBytes: divisible ? BatchOutcome.maxBytes(of: count) : nil
    )
  }

  /// Applies one item, and adds its result. An item that a rule refuses is reported and changes
  /// nothing. An error of the database, or of an item that has already written, fails the whole
  /// batch.
  func apply(
    _ index: Int,
    in context: WriteContext,
    _ outcome: inout BatchOutcome,
    _ body: (Item) throws -> BatchItemResult
  ) throws {
    let changes = context.transaction.totalChanges
    do {
      outcome.add(try body(items[index].get()), index)
    } catch let error as StoreError {
      throw error
    } catch {
      guard context.transaction.totalChanges == changes else { throw error }
      outcome.reject(context.call.status(of: error), index)
    }
  }
}

/// A checked request with a batch.
protocol BatchRequest: PreparedBatch {
  associatedtype Item: Sendable
  var batch: Batch<Item> { get set }
  /// False if the batch must be one transaction. True by default.
  var isDivisible: Bool { get }
}

extension BatchRequest {
  var isDivisible: Bool { true }
  var extent: BatchExtent { batch.extent(divisible: isDivisible) }
  var lacksCountry: Bool { batch.lacksCountry }
  var isChecked: Bool { batch.isChecked }

  mutating func checkItems(atMost count: Int, until end: ContinuousClock.Instant?) {
    batch.checkItems(atMost: count, until: end)
  }
}

/// The results of a batch.
struct BatchOutcome {
  private(set) var results: [BatchItemResult] = []
  private(set) var counts = BatchCounts()
  private var detailBytes = 0

  /// The maximum of bytes of error details in an answer. Further errors have no details, so that
  /// the results of the applied items fit one frame.
  private static let maxDetailBytes = 2 << 20
  private var warningBytes = 0
  /// The maximum of bytes of warnings in an answer. The warnings of further items are only counted.
  private static let maxWarningBytes = 1 << 20
  private var messageBytes = 0
  /// The maximum of bytes of error messages in an answer. Further messages are cut.
  private static let maxMessageBytes = 256 << 10
  /// The maximum length of a message that is cut, in characters of one to four bytes.
  private static let maxCutLength = 80
  /// The most bytes that an item takes beside these: its ids, a message that is cut or the warning
  /// that replaces others, and the names of the types of two details.
  private static let maxItemBytes = 500

  private var keptWarningBytes = 0
  private var keptErrorBytes = 0
  /// The maximum of bytes of warnings, and of errors, in a stored outcome.
  private static let maxKeptBytes = 16 << 10

  /// Returns the most bytes that the results of this number of items can take.
  static func maxBytes(of count: Int) -> Int {
    maxDetailBytes + maxWarningBytes + maxMessageBytes + count * maxItemBytes + 64
  }

  fileprivate mutating func add(_ result: BatchItemResult, _ index: Int) {
    var result = result
    result.index = Int32(index)
    warningBytes += result.warnings.reduce(0) { $0 + $1.size }
    if warningBytes > Self.maxWarningBytes, !result.warnings.isEmpty {
      result.warnings = [.leftOut(result.warnings.count)]
    }
    results.append(result)
    count(result.outcome)
  }

  mutating func reject(_ error: RPCError, _ index: Int) {
    counts.rejected += 1
    var status = GoogleRPC.Status(error)
    detailBytes += status.details.reduce(0) { $0 + $1.value.count }
    if detailBytes > Self.maxDetailBytes { status.details = [] }
    messageBytes += status.message.utf8.count
    if messageBytes > Self.maxMessageBytes {
      status.message = String(
        String.UnicodeScalarView(status.message.unicodeScalars.prefix(Self.maxCutLength))
      )
    }
    results.append(
      .with {
        $0.index = Int32(index)
        $0.error = status
      }
    )
  }
}

extension BatchOutcome {
  /// Returns the results so far and leaves only what later items depend on.
  mutating func takeResults() -> [BatchItemResult] {
    defer { results = [] }
    return results
  }

  /// Counts the results of items that another attempt at the request applied.
  mutating func note(_ earlier: some Sequence<BatchItemResult>) {
    for result in earlier {
      let bytes = result.warnings.reduce(0) { $0 + $1.size }
      warningBytes += bytes
      keptWarningBytes += bytes
      guard let error = result.error else {
        count(result.outcome)
        continue
      }
      counts.rejected += 1
      let details = error.details.reduce(0) { $0 + $1.value.count }
      detailBytes += details
      messageBytes += error.message.utf8.count
      keptErrorBytes += details + error.message.utf8.count
    }
  }

  fileprivate mutating func count(_ outcome: Outcome) {
    switch outcome {
    case .created: counts.created += 1
    case .unchanged: counts.unchanged += 1
    default: counts.updated += 1
    }
  }

  /// Returns the results of a piece as they are stored for repeats of the request: in all pieces at
  /// most about 100 KiB, with the outcome and ids of every item, and without given values, because
  /// the stored outcome is not removed when one of the customers is erased. Warnings and errors
  /// beyond their maxima keep only their presence, and the code of the error.
  mutating func kept(_ results: [BatchItemResult]) -> [BatchItemResult] {
    var kept = results
    for place in kept.indices {
      for index in kept[place].warnings.indices { kept[place].warnings[index].given = "" }
      keptWarningBytes += kept[place].warnings.reduce(0) { $0 + $1.size }
      if keptWarningBytes > Self.maxKeptBytes, !kept[place].warnings.isEmpty {
        kept[place].warnings = [.with { $0.reason = "WARNINGS_LEFT_OUT" }]
      }
      guard let error = kept[place].error else { continue }
      keptErrorBytes += error.details.reduce(error.message.utf8.count) { $0 + $1.value.count }
      if keptErrorBytes > Self.maxKeptBytes {
        kept[place].error = .with {
          $0.code = error.code
          $0.message = "The text was not kept for repeats."
        }
      }
    }
    return kept
  }
}

extension GoogleRPC.Status {
  /// Creates the message for an error.
  init(_ error: RPCError) {
    self.init()
    code = error.code.rawValue
    message = error.message
    details = error.details.map { detail in
      .with {
        $0.typeURL = detail.typeURL
        $0.value = detail.value
      }
    }
  }
}

extension Warning {
  /// The approximate size in bytes.
  fileprivate var size: Int {
    reason.utf8.count + field.utf8.count + message.utf8.count + rule.utf8.count + given.utf8.count
      + 12
  }

  /// Returns the warning that replaces `count` warnings for which the answer has no room.
  static func leftOut(_ count: Int) -> Warning {
    .with {
      $0.reason = "WARNINGS_LEFT_OUT"
      $0.message =
        "\(count) warnings were left out: the answer is full. Send fewer items at a time."
    }
  }
}

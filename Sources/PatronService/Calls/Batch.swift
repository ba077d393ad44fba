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

  var items: [Result<Item, any Error>]
  /// True if a phone number was refused or left out because its country is unknown.
  private(set) var lacksCountry = false
  /// Warnings and errors that were found in the inputs.
  private(set) var findings = 0

  /// Checks every input. A violation in one input does not stop the others.
  init<Input>(
    _ inputs: [Input],
    field: String,
    dropsSecondary: Bool = false,
    check: (Input, inout Violations) throws -> Item
  ) throws {
    guard !inputs.isEmpty, inputs.count <= Self.maxCount else {
      throw DomainError.invalid(
        field,
        "BATCH_SIZE_OUT_OF_RANGE",
        "A batch has 1 to \(Self.maxCount) items; this one has \(inputs.count)."
      )
    }
    var lacksCountry = false
    var findings = 0
    items = inputs.map { input in
      var violations = Violations(dropsSecondary: dropsSecondary)
      defer {
        if violations.lacksCountry { lacksCountry = true }
        findings += violations.errors.count + violations.warnings.count
      }
      do {
        let item = try check(input, &violations)
        try violations.finish()
        return .success(item)
      } catch {
        return .failure(error)
      }
    }
    self.lacksCountry = lacksCountry
    self.findings = findings
  }

  /// The extent of the batch for its lane. A batch that is not `divisible` is one transaction.
  func extent(divisible: Bool = true) -> BatchExtent {
    BatchExtent(
      items: items.count,
      findings: findings,
      maxAnswerBytes: divisible ? BatchOutcome.maxBytes(of: items.count) : nil
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

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
    items = inputs.map { input in
      var violations = Violations(dropsSecondary: dropsSecondary)
      defer { if violations.lacksCountry { lacksCountry = true } }
      do {
        let item = try check(input, &violations)
        try violations.finish()
        return .success(item)
      } catch {
        return .failure(error)
      }
    }
    self.lacksCountry = lacksCountry
  }

  /// Applies the items in order. An item that a rule refuses is reported and changes nothing. An
  /// error of the database, or of an item that has already written, fails the whole batch.
  func apply(
    in context: WriteContext,
    _ body: (Item) throws -> BatchItemResult
  ) throws -> BatchOutcome {
    var outcome = BatchOutcome()
    for (index, item) in items.enumerated() {
      let changes = context.transaction.totalChanges
      do {
        outcome.add(try body(item.get()), index)
      } catch let error as StoreError {
        throw error
      } catch {
        guard context.transaction.totalChanges == changes else { throw error }
        outcome.reject(context.call.status(of: error), index)
      }
    }
    return outcome
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

  fileprivate mutating func add(_ result: BatchItemResult, _ index: Int) {
    var result = result
    result.index = Int32(index)
    warningBytes += result.warnings.reduce(0) { $0 + $1.size }
    if warningBytes > Self.maxWarningBytes, !result.warnings.isEmpty {
      result.warnings = [.leftOut(result.warnings.count)]
    }
    results.append(result)
    switch result.outcome {
    case .created: counts.created += 1
    case .unchanged: counts.unchanged += 1
    default: counts.updated += 1
    }
  }

  fileprivate mutating func reject(_ error: RPCError, _ index: Int) {
    counts.rejected += 1
    var status = GoogleRPC.Status(error)
    detailBytes += status.details.reduce(0) { $0 + $1.value.count }
    if detailBytes > Self.maxDetailBytes { status.details = [] }
    results.append(
      .with {
        $0.index = Int32(index)
        $0.error = status
      }
    )
  }
}

// MARK: - Stored outcomes

extension BatchOutcome {
  /// The maximum of bytes of warnings, and of errors, in a stored outcome.
  private static let maxKeptBytes = 16 << 10

  /// Returns the results as they are stored for repeats of the request: at most about 100 KiB, with
  /// the outcome and ids of every item, and without given values, because the stored outcome is not
  /// removed when one of the customers is erased. Warnings and errors beyond their maxima keep only
  /// their presence, and the code of the error.
  func keptResults() -> [BatchItemResult] {
    var (warningBytes, errorBytes) = (0, 0)
    return results.map { result in
      var result = result
      for index in result.warnings.indices { result.warnings[index].given = "" }
      warningBytes += result.warnings.reduce(0) { $0 + $1.size }
      if warningBytes > Self.maxKeptBytes, !result.warnings.isEmpty {
        result.warnings = [.with { $0.reason = "WARNINGS_LEFT_OUT" }]
      }
      guard let error = result.error else { return result }
      errorBytes += error.details.reduce(error.message.utf8.count) { $0 + $1.value.count }
      if errorBytes > Self.maxKeptBytes {
        result.error = .with {
          $0.code = error.code
          $0.message = "The text was not kept for repeats."
        }
      }
      return result
    }
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

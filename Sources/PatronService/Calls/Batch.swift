internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

/// The items of a batch, each checked by itself.
struct Batch<Item: Sendable>: Sendable {
  /// The most items of one batch.
  static var greatestCount: Int { 1000 }

  var items: [Result<Item, any Error>]
  /// True when a phone number was refused or left out because nothing says of which country it is.
  private(set) var lacksCountry = false

  /// Checks every input; what is wrong with one does not stop the others.
  init<Input>(
    _ inputs: [Input],
    field: String,
    dropsSecondary: Bool = false,
    check: (Input, inout Violations) throws -> Item
  ) throws {
    guard !inputs.isEmpty, inputs.count <= Self.greatestCount else {
      throw DomainError.invalid(
        field,
        "BATCH_SIZE_OUT_OF_RANGE",
        "A batch has 1 to \(Self.greatestCount) items; this one has \(inputs.count)."
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

  /// Applies the items in order. An item that the rules refuse is reported and leaves no trace;
  /// when the store itself fails, or an item after it had begun to write, the whole batch does.
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

/// How the items of a batch ended.
struct BatchOutcome {
  private(set) var results: [BatchItemResult] = []
  private(set) var counts = BatchCounts()
  private var detailBytes = 0

  /// Bytes of details after which the errors have none any more: what was applied has to be told in
  /// one frame, whatever was wrong with the rest.
  private static let mostDetailBytes = 2 << 20
  private var warningBytes = 0
  /// The same for warnings: those of further items are counted only.
  private static let mostWarningBytes = 1 << 20

  fileprivate mutating func add(_ result: BatchItemResult, _ index: Int) {
    var result = result
    result.index = Int32(index)
    warningBytes += result.warnings.reduce(0) { $0 + $1.size }
    if warningBytes > Self.mostWarningBytes, !result.warnings.isEmpty {
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
    if detailBytes > Self.mostDetailBytes { status.details = [] }
    results.append(
      .with {
        $0.index = Int32(index)
        $0.error = status
      }
    )
  }
}

extension GoogleRPC.Status {
  /// An error as a field of a message.
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
  /// About the bytes that it takes.
  fileprivate var size: Int {
    reason.utf8.count + field.utf8.count + message.utf8.count + rule.utf8.count + given.utf8.count
      + 12
  }

  /// Stands for warnings that a batch's answer has no room for.
  fileprivate static func leftOut(_ count: Int) -> Warning {
    .with {
      $0.reason = "WARNINGS_LEFT_OUT"
      $0.message =
        "\(count) warnings were left out: the answer is full. Send fewer items at a time."
    }
  }
}

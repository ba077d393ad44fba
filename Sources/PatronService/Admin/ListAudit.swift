internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension AdminHandlers {
  /// Rows that are read for a page. A page of a filter that matches few rows ends there, with a
  /// token, so that a call is never long.
  static let maxAuditRows = 10_000

  /// Appends a page of the audit log: of one store, or of all.
  static func listAudit(
    _ request: ListAuditRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    if request.everyStore { try authority(context.call).requireEveryStore() }
    let filter = try AuditFilter(request)
    let size = try PageSize.check(request.pageSize, usual: 100, greatest: 1000)
    let store = request.everyStore ? "*" : context.call.store.name
    var binding = PageBinding(.audit, store: store)
    binding.bind(.filter, filter.fingerprint)
    binding.bind(.order, Fingerprint(request.oldestFirst ? 1 : 0))
    var place = request.oldestFirst ? request.afterSequence : Int64.max
    if !request.pageToken.isEmpty {
      place = try PageToken(request.pageToken, boundTo: binding, count: 1).position[0]
    }
    var page = AuditPage(filter, size: size, last: place)
    switch (request.everyStore, request.oldestFirst) {
    case (true, true): try AuditLog(context.transaction).rows(behind: place) { page.take($0) }
    case (true, false): try AuditLog(context.transaction).rows(before: place) { page.take($0) }
    case (false, true): try context.reader.auditRows(behind: place) { page.take($0) }
    case (false, false): try context.reader.auditRows(before: place) { page.take($0) }
    }
    try response.append(
      ListAuditResponse.with {
        $0.entries = page.entries
        if page.hasMore {
          $0.nextPageToken = PageToken(position: [page.last]).text(boundTo: binding)
        }
      }
    )
  }

  /// Returns true for a request that may read many rows for few entries.
  static func readsManyAuditRows(_ request: ListAuditRequest) -> Bool {
    !request.actions.isEmpty || !request.keyID.isEmpty || request.recordedFrom != nil
      || request.recordedBefore != nil
  }
}

/// A page of the audit log while rows are read.
private struct AuditPage {
  private let filter: AuditFilter
  private let size: Int
  private(set) var entries: [AuditEntry] = []
  /// The sequence of the last row that was read.
  private(set) var last: Int64
  /// True if rows are left.
  private(set) var hasMore = false
  private var visited = 0
  private var bytes = 0

  /// The bytes of an entry beside its targets, in a rough estimate.
  private static let entryBytes = 250

  init(_ filter: AuditFilter, size: Int, last: Int64) {
    self.filter = filter
    self.size = size
    self.last = last
  }

  /// Takes the next row, if it matches. Returns false when the page has ended.
  mutating func take(_ row: AuditRow) -> Bool {
    guard row.sequence > filter.after else { return false }
    guard entries.count < size, bytes < PageSize.enoughBytes,
      visited < AdminHandlers.maxAuditRows
    else {
      hasMore = true
      return false
    }
    visited += 1
    last = row.sequence
    if filter.matches(row) {
      entries.append(AuditEntry(row))
      bytes += Self.entryBytes + row.targets.utf8.count
    }
    return true
  }
}

/// The checked filter of a ListAudit request. Values of one field mean OR, fields mean AND.
private struct AuditFilter {
  /// The sequence behind which rows match.
  let after: Int64
  private let actions: Set<String>
  private let keyID: String
  /// The time range, in microseconds since 1970, without its end.
  private let from: Int64
  private let before: Int64

  private static let maxActions = 50

  /// Checks the request.
  ///
  /// - Throws: INVALID_ARGUMENT with the parts that do not fit.
  init(_ request: ListAuditRequest) throws {
    var violations = Violations()
    if request.afterSequence < 0 {
      violations.add(
        "after_sequence",
        RuleError(
          reason: "SEQUENCE_NEGATIVE",
          message: "A sequence is 1 or more, and 0 begins with the oldest entry."
        )
      )
    }
    Self.check(request.actions, &violations)
    if !request.keyID.isEmpty, KeyID(request.keyID) == nil {
      violations.add(
        "key_id",
        RuleError(
          reason: "KEY_ID_MALFORMED",
          message: "Expected is the id of a key: \(KeyID.textLength) small letters and digits."
        )
      )
    }
    after = request.afterSequence
    actions = Set(request.actions)
    keyID = request.keyID
    from = Self.time(request.recordedFrom, "recorded_from", &violations) ?? .min
    before = Self.time(request.recordedBefore, "recorded_before", &violations) ?? .max
    if before < from {
      violations.add(
        "recorded_before",
        RuleError(
          reason: "TIME_RANGE_REVERSED",
          message: "recorded_before is earlier than recorded_from, so no entry can fit. Exchange "
            + "the two."
        )
      )
    }
    try violations.finish()
  }

  private static func check(_ actions: [String], _ violations: inout Violations) {
    if actions.count > maxActions {
      violations.add(
        "actions",
        RuleError(
          reason: "LIST_TOO_LONG",
          message: "The filter has \(actions.count) actions; at most \(maxActions) are allowed."
        )
      )
    }
    for (index, action) in actions.prefix(maxActions).enumerated() {
      _ = violations.check("actions[\(index)]") { () throws(RuleError) in
        try AuditAction.exactly(action)
      }
    }
  }

  private static func time(
    _ given: GoogleProtobuf.Timestamp?,
    _ field: String,
    _ violations: inout Violations
  ) -> Int64? {
    guard let given else { return nil }
    return violations.check(field) { () throws(RuleError) in
      try PatronModel.Timestamp(seconds: given.seconds, nanos: given.nanos).microseconds
    }
  }

  func matches(_ row: AuditRow) -> Bool {
    (actions.isEmpty || actions.contains(row.action)) && (keyID.isEmpty || keyID == row.keyID)
      && row.at >= from && row.at < before
  }

  /// The binding of page tokens to the filter.
  var fingerprint: Fingerprint {
    var fingerprint = Fingerprint(after)
    fingerprint.add(keyID)
    fingerprint.add(from)
    fingerprint.add(before)
    for action in actions.sorted() { fingerprint.add(action) }
    return fingerprint
  }
}

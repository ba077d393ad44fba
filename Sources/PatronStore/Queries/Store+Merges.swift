internal import PatronModel
internal import SQLite

/// The journal of merges.
extension StoreReader {
  private static let merge = Query(
    """
    SELECT primary_id, secondary_id, merged_at, unmerged_at, primary_before, primary_after,
      primary_provenance, secondary, secondary_provenance, events, orders, ledger
    FROM merges WHERE store_id = ?1 AND merge_id = ?2
    """
  )
  private static let names = Query(
    """
    SELECT kind, name FROM merged_names WHERE store_id = ?1 AND merge_id = ?2 ORDER BY kind, name
    """
  )
  private static let latestInto = Query(
    """
    SELECT merge_id FROM merges WHERE store_id = ?1 AND primary_id = ?2 AND unmerged_at IS NULL
    ORDER BY merge_id DESC LIMIT 1
    """
  )
  private static let latestOf = Query(
    """
    SELECT merge_id FROM merges WHERE store_id = ?1 AND secondary_id = ?2 AND unmerged_at IS NULL
    ORDER BY merge_id DESC LIMIT 1
    """
  )

  /// Returns a merge by its id, or nil if there is none.
  package func merge(id: Int64) throws -> MergeRow? {
    let found = try transaction.first(Self.merge, store.name, id) { row in
      MergeRow(
        id: id,
        primaryID: row.int64(0),
        secondaryID: row.int64(1),
        mergedAt: row.int64(2),
        unmergedAt: row.optionalInt64(3),
        primaryBefore: row.array(4),
        primaryAfter: row.array(5),
        primaryProvenance: row.array(6),
        secondary: row.array(7),
        secondaryProvenance: row.array(8),
        moved: MovedRecords(
          events: PackedTerms.unpack(row.bytes(9)),
          orders: PackedTerms.unpack(row.bytes(10)),
          ledger: PackedTerms.unpack(row.bytes(11))
        )
      )
    }
    guard var merge = found else { return nil }
    try transaction.forEach(Self.names, store.name, id) { row in
      try MovedName.read(row.int64(0), row.text(1), into: &merge.moved)
    }
    return merge
  }

  /// Returns the latest merge into a customer that was not undone, or nil if there is none.
  package func latestMerge(into customerID: Int64) throws -> Int64? {
    try transaction.first(Self.latestInto, store.name, customerID) { $0.int64(0) }
  }

  /// Returns the merge that removed a customer and was not undone, or nil if there is none.
  package func latestMerge(of customerID: Int64) throws -> Int64? {
    try transaction.first(Self.latestOf, store.name, customerID) { $0.int64(0) }
  }
}

/// The encoding of aliases, checkouts and suppressions in `merged_names`.
private enum MovedName {
  private static let id: Int64 = 3
  private static let externalID: Int64 = 4
  private static let checkout: Int64 = 5
  private static let suppression: Int64 = 6

  static func all(_ moved: MovedRecords) -> [(kind: Int64, name: String)] {
    let aliases = moved.formerIdentifiers.map { former -> (kind: Int64, name: String) in
      switch former {
      case .id(let number): (id, String(number))
      case .externalID(let text): (externalID, text)
      case .address(let channel, let text): (Int64(channel.rawValue), text)
      }
    }
    return aliases + moved.checkouts.map { (checkout, $0) }
      + moved.suppressions.map { (suppression, text($0)) }
  }

  /// Encodes a suppression as channel, reason, time, hash and source: `1 9 1700000000000000 0a1b…
  /// merge`.
  private static func text(_ row: SuppressionRow) -> String {
    let hash = row.addressHash.map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    let what = "\(row.channel.rawValue) \(row.reason) \(row.suppressedAt)"
    return "\(what) \(hash.joined()) \(row.source)"
  }

  private static func suppression(_ text: String) -> SuppressionRow? {
    let parts = text.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
    guard parts.count == 5, let channel = Int(parts[0]).flatMap(Channel.init(rawValue:)),
      let reason = Int64(parts[1]), let time = Int64(parts[2])
    else { return nil }
    let digits = Array(parts[3])
    let hash = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
    return SuppressionRow(
      channel: channel,
      addressHash: hash,
      reason: reason,
      suppressedAt: time,
      source: String(parts[4]),
      note: ""
    )
  }

  static func read(_ kind: Int64, _ name: String, into moved: inout MovedRecords) throws {
    switch kind {
    case checkout: moved.checkouts.append(name)
    case externalID: moved.formerIdentifiers.append(.externalID(name))
    case id:
      guard let number = Int64(name) else {
        throw StoreError.corrupt("the journal of merges names an id that is no number")
      }
      moved.formerIdentifiers.append(.id(number))
    case suppression:
      guard let row = suppression(name) else {
        throw StoreError.corrupt("the journal of merges has a suppression that is none")
      }
      moved.suppressions.append(row)
    default:
      guard let channel = Channel(rawValue: Int(kind)) else {
        throw StoreError.corrupt("the journal of merges has a name of an unknown kind")
      }
      // A version without a canonical form of phone numbers stored them as they were spelled.
      let phone = channel == .sms ? try? PhoneNumber(name) : nil
      moved.formerIdentifiers.append(.address(channel, phone?.e164 ?? name))
    }
  }
}

extension StoreWriter {
  private static let insertMerge = Query(
    """
    INSERT INTO merges (store_id, merge_id, primary_id, secondary_id, merged_at, primary_before,
      primary_after, primary_provenance, secondary, secondary_provenance, events, orders, ledger)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
    """
  )
  private static let insertName = Query(
    "INSERT INTO merged_names (store_id, merge_id, kind, name) VALUES (?1, ?2, ?3, ?4)"
  )
  private static let deleteNames = Query(
    "DELETE FROM merged_names WHERE store_id = ?1 AND merge_id = ?2"
  )
  private static let endMerge = Query(
    """
    UPDATE merges SET unmerged_at = ?3, primary_before = x'', primary_after = x'',
      primary_provenance = x'', secondary = x'', secondary_provenance = x'', events = x'',
      orders = x'', ledger = x''
    WHERE store_id = ?1 AND merge_id = ?2
    """
  )
  private static let emptyMerge = Query(
    """
    UPDATE merges SET primary_before = x'', primary_after = x'', primary_provenance = x'',
      secondary = x'', secondary_provenance = x'', events = x'', orders = x'', ledger = x''
    WHERE store_id = ?1 AND merge_id = ?2
    """
  )
  private static let oldMerges = Query(
    """
    SELECT merge_id FROM merges WHERE store_id = ?1 AND merged_at < ?2 AND secondary <> x''
    ORDER BY merged_at LIMIT ?3
    """
  )
  private static let mergesInto = Query(
    """
    SELECT merge_id, secondary_id, unmerged_at IS NULL FROM merges
    WHERE store_id = ?1 AND primary_id = ?2
    """
  )
  private static let deleteMerge = Query(
    "DELETE FROM merges WHERE store_id = ?1 AND merge_id = ?2"
  )

  /// Writes a merge into the journal.
  package func insert(_ row: MergeRow) throws {
    try transaction.run(
      Self.insertMerge,
      store.name,
      row.id,
      row.primaryID,
      row.secondaryID,
      row.mergedAt,
      row.primaryBefore,
      row.primaryAfter,
      row.primaryProvenance,
      row.secondary,
      row.secondaryProvenance,
      PackedTerms.pack(row.moved.events),
      PackedTerms.pack(row.moved.orders),
      PackedTerms.pack(row.moved.ledger)
    )
    for (kind, name) in MovedName.all(row.moved) {
      try transaction.run(Self.insertName, store.name, row.id, kind, name)
    }
  }

  /// Notes that a merge was undone. The journal keeps only the fact.
  package func endMerge(id: Int64, at now: Int64) throws {
    try transaction.run(Self.endMerge, store.name, id, now)
    try transaction.run(Self.deleteNames, store.name, id)
  }

  /// Empties up to ten merges from before `oldest`. They can no longer be undone, so the customer
  /// data in them has no use.
  package func emptyMerges(before oldest: Int64) throws {
    var ids: [Int64] = []
    try transaction.forEach(Self.oldMerges, store.name, oldest, 10) { ids.append($0.int64(0)) }
    for id in ids {
      try transaction.run(Self.emptyMerge, store.name, id)
      try transaction.run(Self.deleteNames, store.name, id)
    }
  }

  /// Removes the merges into a customer from the journal, and the merges into customers that were
  /// merged into it and not restored. Call it before the customer is deleted.
  package func removeMerges(into customerID: Int64) throws {
    var open = [customerID]
    var seen: Set<Int64> = []
    while let next = open.popLast() {
      guard seen.insert(next).inserted else { continue }
      var merges: [Int64] = []
      try transaction.forEach(Self.mergesInto, store.name, next) { row in
        merges.append(row.int64(0))
        if row.bool(2) { open.append(row.int64(1)) }
      }
      for id in merges {
        try transaction.run(Self.deleteMerge, store.name, id)
        try transaction.run(Self.deleteNames, store.name, id)
      }
    }
  }
}

internal import PatronModel
internal import PatronProto
package import PatronStore
internal import ProtobufC

/// The rewrite of phone numbers of an older version into their one form; see docs/phones.md.
package enum PhoneRewrite {
  /// The numbers that one transaction reads, and the most that it writes.
  private static let batch = (read: 5000, written: 200)

  /// Rewrites the numbers of customers and aliases; does nothing on a database of this version.
  /// Call it after opening a database and before serving it; it blocks the calling thread. After an
  /// interruption the next call continues. `progress` gets the number of customers changed so far.
  ///
  /// Another customer may have the number in its one form. The two are then merged if they are
  /// surely one person. Otherwise both stay as they are, which ``PhoneWarnings`` reports; an
  /// opt-out of either then suppresses the number.
  package static func run(
    _ store: Store,
    clock: WallClock,
    progress: (Int) -> Void = { _ in }
  ) throws {
    var done = 0
    while let count = try store.performAndWait({
      try step(in: $0, at: clock.now())
    }) {
      done += count
      if count > 0 { progress(done) }
    }
  }

  /// Reads the next numbers. Returns the number of rewritten ones, or nil when all are done.
  private static func step(in transaction: WriteTransaction, at now: Int64) throws -> Int? {
    let work = PhoneWork(transaction)
    guard let position = try work.position() else { return nil }
    let numbers = try work.next(position, atMost: batch.read)
    var written = 0
    var last: PhoneWork.Number?
    for number in numbers where written < batch.written {
      last = number
      guard let phone = (try? PhoneNumber(number.phone))?.e164, phone != number.phone,
        let store = StoreID(number.store)
      else { continue }
      let spelling = Spelling(
        writer: StoreWriter(transaction, of: store),
        spelling: number.phone,
        phone: phone,
        now: now
      )
      do {
        try position.isAtAliases ? spelling.rewriteAlias() : spelling.rewriteCustomer()
      } catch StoreError.corrupt {
        // A record that cannot be decoded stays as it is; checks report it.
        continue
      }
      written += 1
    }
    try work.advance(position, behind: last)
    return written
  }
}

/// A number in a spelling that is not its one form.
private struct Spelling {
  let writer: StoreWriter
  let spelling: String
  /// The one form of the number.
  let phone: String
  let now: Int64

  /// Rewrites the customer that has the number.
  func rewriteCustomer() throws {
    guard let row = try writer.read.customerRow(.phone(spelling), withProvenance: true),
      row.phone == spelling
    else { return }
    try writer.copySuppressions(ofPhone: spelling, to: phone)
    let owner = try writer.read.customerRow(.phone(phone), withProvenance: true)
    if let owner, owner.phone == phone { return try join(row, owner) }
    var customer = try Customer(stored: row.body)
    customer.phoneNumber = phone
    var changed = row
    changed.phone = phone
    changed.body = try customer.encoded()
    try writer.update(changed, replacing: row)
  }

  /// Rewrites the alias. If another customer has the number now, as its own or as an alias, the
  /// number finds that customer and the alias is removed.
  func rewriteAlias() throws {
    guard let row = try writer.read.customerRow(.phone(spelling)) else { return }
    try writer.copySuppressions(ofPhone: spelling, to: phone)
    try writer.remove(.address(.sms, spelling))
    guard try writer.read.customerRow(.phone(phone)) == nil else { return }
    try writer.add(.address(.sms, phone), of: row.id)
  }

  private func join(_ row: CustomerRow, _ owner: CustomerRow) throws {
    do {
      if isSurelyOne(row, owner) {
        let merges = try CustomerMerges(
          [row, owner],
          taking: Identifiers(phone: phone),
          replacesTags: false,
          in: writer.read
        )
        _ = try merges.perform(in: writer, at: now)
        try writer.remove(.address(.sms, spelling))
        return
      }
    } catch is DomainError {
      // The merged customer would exceed its limits, or the merge those of one write.
    }
    try writer.noteFormerSpelling()
    for one in [row, owner] {
      let optOut = KeptOptOut(
        of: try Customer(stored: one.body),
        .sms,
        source: "phone_spelling",
        at: now
      )
      try optOut?.suppress(phone, in: writer)
      try writer.refreshTerms(of: one.id)
    }
  }

  /// Returns true if two customers with one phone number can be the same person: at most one is
  /// known to the shop by an external id, and their e-mail addresses do not differ.
  private func isSurelyOne(_ row: CustomerRow, _ owner: CustomerRow) -> Bool {
    guard ![row, owner].allSatisfy(\.match.hasOwnExternalID) else { return false }
    return row.emailKey == nil || owner.emailKey == nil
  }
}

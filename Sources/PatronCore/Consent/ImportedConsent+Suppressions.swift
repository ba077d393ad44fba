package import PatronModel
package import PatronProto
package import PatronStore

extension ImportedConsent {
  /// A suppression of one of the customer's addresses from another system.
  package struct Suppressed: Sendable {
    package var channel: PatronModel.Channel
    package var reason: PatronModel.SuppressionReason
    /// The time, microseconds since 1970; nil is the time of the import.
    package var at: Int64?
    /// The reporter; may be empty.
    package var source: String
    /// Free text; may be empty.
    package var note: String

    package func cause(at now: Int64) -> SuppressionCause {
      SuppressionCause(
        at: at ?? now,
        actor: .operator,
        source: source,
        note: note,
        evidence: ImportedConsent.evidence
      )
    }
  }

  /// Checks the suppressions of an item and adds violations.
  package static func suppressions(
    _ given: [PatronProto.Suppression],
    now: Int64,
    _ violations: inout Violations
  ) -> [Suppressed] {
    var checked: [Suppressed] = []
    for (index, suppression) in given.enumerated() {
      let path = "suppressions[\(index)]"
      guard let next = suppressed(suppression, path, now, &violations) else { continue }
      if checked.contains(where: { $0.channel == next.channel && $0.reason == next.reason }) {
        violations.add(
          path,
          RuleError(
            reason: "SUPPRESSION_REPEATED",
            message: "The channel and reason are given twice. Give each once."
          )
        )
      }
      checked.append(next)
    }
    return checked
  }

  private static func suppressed(
    _ given: PatronProto.Suppression,
    _ path: String,
    _ now: Int64,
    _ violations: inout Violations
  ) -> Suppressed? {
    let channel = PatronModel.Channel(rawValue: Int(given.channel.rawValue))
    if channel == nil {
      violations.add(
        "\(path).channel",
        RuleError(
          reason: "ENUM_VALUE_UNKNOWN",
          message: "The value is missing, or none of the enum's. Expected is CHANNEL_SMS or "
            + "CHANNEL_EMAIL."
        )
      )
    }
    let reason = SuppressionCheck.reason(given.reason, "\(path).reason", &violations)
    let at = ConsentTime.check(given.suppressedAt, "\(path).suppressed_at", now: now, &violations)
    let source = SuppressionCheck.source(given.source, "\(path).source", &violations)
    let note = SuppressionCheck.note(given.note, "\(path).note", &violations)
    return channel.map {
      Suppressed(channel: $0, reason: reason, at: at, source: source, note: note)
    }
  }

  /// Refuses suppressions of an address that the customer will not have. Writes nothing.
  ///
  /// - Parameters:
  ///   - draft: the item's fields of the customer.
  ///   - row: the stored customer; nil for a new one.
  /// - Throws: FAILED_PRECONDITION `ADDRESS_MISSING`.
  package func checkAddresses(_ draft: CustomerDraft, over row: CustomerRow?) throws(DomainError) {
    for suppression in suppressions {
      let channel = suppression.channel
      let isThere =
        switch channel {
        case .sms: draft.phone.map(\.e164).applied(to: row?.phone) != nil
        case .email: draft.email.map(\.key).applied(to: row?.emailKey) != nil
        }
      guard isThere else { throw .noAddress(channel) }
    }
  }

  /// Adds suppressions of the customer's addresses for reasons that are not yet stored. Existing
  /// suppressions stay as they are.
  func addSuppressions(
    to customer: Customer,
    _ changes: inout ConsentChanges,
    in reader: StoreReader,
    at now: Int64
  ) throws {
    for given in suppressions {
      guard let address = try customer.address(given.channel) else {
        throw DomainError.noAddress(given.channel)
      }
      let how = given.cause(at: now)
      let row = try how.row(given.channel, address, given.reason, in: reader)
      let stored = try SuppressionReader(reader).suppressions(given.channel, of: address)
      guard !stored.contains(where: { $0.reason == row.reason }) else { continue }
      changes.set(row, given.reason, how, over: customer.consent(given.channel, .marketing))
    }
  }
}

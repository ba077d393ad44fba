internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension ConsentHandlers {
  /// A checked import of addresses that must not receive messages.
  struct SuppressionImport: BatchRequest {
    var batch: Batch<SuppressedAddress>
    var dryRun: Bool

    var isDivisible: Bool { !dryRun }
  }

  /// An address of the import.
  struct SuppressedAddress: Sendable {
    var channel: PatronModel.Channel
    var key: CustomerKey
    /// The address in the form that is compared.
    var address: String
    var reason: PatronModel.SuppressionReason
    /// The time of the suppression, in microseconds since 1970; nil for the time of the request.
    var at: Int64?
    var note: String
    /// The name of the import.
    var source: String
    /// Warnings about values that were left out or cut.
    var warnings: [Warning]

    func cause(at now: Int64) -> SuppressionCause {
      SuppressionCause(
        at: at ?? now,
        actor: reason.isOwnersWish ? .customer : .operator,
        source: source,
        note: note,
        evidence: ImportedConsent.evidence
      )
    }
  }

  /// Checks every entry of the list.
  static func prepareSuppressions(
    _ request: ImportSuppressionsRequest,
    _ call: CallContext
  ) throws -> SuppressionImport {
    var violations = Violations()
    let country = CountryCode.checked(request.defaultCountry, &violations)
    let source = violations.source(request.source, usual: "import")
    try violations.finish()
    let now = call.now
    // An invalid value beside a refusal is dropped, so that the refusal still counts.
    let batch = try Batch(
      request.suppressions,
      field: "suppressions",
      dropsSecondary: true
    ) { entry, violations in
      let reason = SuppressionCheck.reason(entry.reason, "reason", &violations)
      let at = ConsentTime.check(entry.suppressedAt, "suppressed_at", now: now, &violations)
      let note = SuppressionCheck.note(entry.note, "note", &violations)
      guard let (channel, key) = address(of: entry, country, &violations),
        let address = key.address(channel)
      else { throw InvalidInput(violations: violations.errors) }
      return SuppressedAddress(
        channel: channel,
        key: key,
        address: address,
        reason: reason,
        at: at,
        note: note,
        source: source,
        warnings: violations.warnings.map(Warning.about)
      )
    }
    return SuppressionImport(batch: batch, dryRun: request.validateOnly)
  }

  /// Returns the channel and the address of an entry, or nil after adding violations. A phone
  /// number is read as a reference is: numbers that no numbering plan has are accepted, so that an
  /// opt-out does not depend on a newer table.
  private static func address(
    of entry: SuppressionEntry,
    _ country: CountryCode?,
    _ violations: inout Violations
  ) -> (PatronModel.Channel, CustomerKey)? {
    violations.checkKnown(
      "channel",
      entry.channel.rawValue,
      ContactChannel.email.rawValue
    )
    guard entry.address.contains(where: { $0 == "@" || $0.isNumber }) else {
      violations.add(
        "address",
        RuleError(
          reason: "ADDRESS_EXPECTED",
          message: "It is no address. Expected is an e-mail address or a phone number."
        )
      )
      return nil
    }
    let isEmail = entry.address.contains("@")
    let key = violations.check("address") { () throws(RuleError) in
      isEmail
        ? CustomerKey.email(key: try EmailAddress(entry.address).key)
        : .phone(try PhoneNumber(naming: entry.address, in: country).e164)
    }
    let channel = isEmail ? PatronModel.Channel.email : .sms
    if entry.channel != .unspecified, Int(entry.channel.rawValue) != channel.rawValue {
      violations.add(
        "channel",
        RuleError(
          reason: "CHANNEL_MISMATCH",
          message: "The address is one of the channel \(channel.name). Expected is that channel, "
            + "or none."
        )
      )
    }
    return key.map { (channel, $0) }
  }

  /// Suppresses the addresses or opts them out, in order, in pieces. With `validate_only` there is
  /// one piece, and all changes are rolled back at its end.
  static func importSuppressions(
    _ request: SuppressionImport,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws -> WriteStep {
    let pieces = BatchPieces<_, _, ImportSuppressionsResponse>(request.batch) {
      entry,
      writer,
      context in try take(entry, writer, at: context.now)
    }
    guard request.dryRun else { return try pieces.step(context, &response) }
    return try context.transaction.tentatively { try pieces.step(context, &response) }
  }

  private static func take(
    _ entry: SuppressedAddress,
    _ writer: StoreWriter,
    at now: Int64
  ) throws -> BatchItemResult {
    let cause = entry.cause(at: now)
    guard let owner = try writer.read.holder(of: entry.key) else {
      let row = try UnknownAddress(entry.channel, entry.address)
        .suppressed(entry.reason, cause, writer)
      // The list may say that the owner of the address did it, but it was imported.
      if let row { writer.record(.suppressionAdd, [.address(hash: row.addressHash)]) }
      return .with {
        $0.outcome = row == nil ? .unchanged : .updated
        $0.warnings = entry.warnings
      }
    }
    var edit = try ConsentEdit(owner, writer, at: now)
    var result = BatchItemResult.with { $0.warnings = entry.warnings }
    if entry.reason == .unsubscribed {
      let statement = ConsentStatement(at: cause.at, actor: .customer, source: entry.source)
      let transition = try edit.unsubscribe(
        statement,
        entry.channel,
        .marketing,
        cause.evidence
      )
      if case .unchanged(let warning?) = transition {
        result.warnings.append(.about(warning, field: "suppressed_at"))
      }
    } else {
      try edit.suppress(entry.channel, entry.address, entry.reason, cause)
    }
    if !edit.isEmpty, cause.actor == .customer {
      writer.record(.consentChange, [.customer(owner.id)])
    }
    result.outcome = edit.isEmpty ? .unchanged : .updated
    result.customerID = owner.id
    try edit.write()
    return result
  }
}

internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

extension CustomerChange {
  /// Performs a plan that merges records or names aliases. Merges first, and takes no agreement for
  /// an address that is only an alias of the customer. Suppressions of such an address are written
  /// to that address.
  func performAround(
    _ plan: Plan,
    in writer: StoreWriter,
    at now: Int64,
    dryRun: Bool
  ) throws -> Result {
    var change = self
    let suppressed = change.takeSuppressions(besides: plan)
    var result = try change.performMerging(plan, in: writer, at: now, dryRun: dryRun)
    for (address, suppression) in suppressed {
      let isNew = try address.suppress(
        suppression.reason,
        suppression.cause(at: now),
        writer,
        dryRun: dryRun
      )
      if isNew, result.outcome == .unchanged { result.outcome = .updated }
    }
    return result
  }

  private func performMerging(
    _ plan: Plan,
    in writer: StoreWriter,
    at now: Int64,
    dryRun: Bool
  ) throws -> Result {
    var change = self
    let warnings = change.leaveAgreements(plan.found.formerAddresses)
    var next = plan
    next.former = plan.found.formerAddresses
    next.found.formerAddresses = []
    guard let merges = plan.found.merges else {
      var result = try change.perform(next, in: writer, at: now, dryRun: dryRun)
      result.warnings += warnings
      return result
    }
    next.found.merges = nil
    // Refusals must come before the merge is written.
    let preview = try change.decide(next, in: writer, at: now)
    var result = try change.preview(preview, in: writer.read, at: now)
    if !dryRun {
      next.found.row = try merges.perform(in: writer, at: now)
      let decision = try change.decide(next, in: writer, at: now)
      result = try change.apply(decision, next, in: writer, at: now)
    }
    result.outcome = .merged
    // The fields that an event or an order filled are reported by it; the fields that a merge
    // brought are not.
    if author == .request {
      result.changedFields = Set(result.changedFields).union(merges.changedFields).sorted()
    }
    // A request that also replaces the address of the merged record gets the warning once.
    result.warnings += warnings + merges.warnings.filter { !result.warnings.contains($0) }
    return result
  }

  /// Takes out the suppressions of addresses that are only aliases of the customer.
  private mutating func takeSuppressions(
    besides plan: Plan
  ) -> [(UnknownAddress, ImportedConsent.Suppressed)] {
    var taken: [(UnknownAddress, ImportedConsent.Suppressed)] = []
    let given = draft.identifiers
    imported?.suppressions.removeAll { suppression in
      let channel = suppression.channel
      // An address that is not left out becomes the customer's.
      let (address, isLeft) =
        switch channel {
        case .sms: (given.phone, plan.draft.phone.isLeave)
        case .email: (given.emailKey, plan.draft.email.isLeave)
        }
      guard let address, isLeft, plan.found.formerAddresses.contains(channel) else { return false }
      taken.append((UnknownAddress(channel, address), suppression))
      return true
    }
    return taken
  }

  /// Leaves out agreements on channels of which the input gives an address that is only an alias of
  /// the customer and gets no messages.
  private mutating func leaveAgreements(_ channels: Set<PatronModel.Channel>) -> [Warning] {
    var left: [PatronModel.Channel] = []
    if channels.contains(.sms), flags.sms == true {
      flags.sms = nil
      left.append(.sms)
    }
    if channels.contains(.email), flags.email == true {
      flags.email = nil
      left.append(.email)
    }
    _ = imported?.leaveAgreements(channels)
    return left.map { channel in
      .with {
        $0.reason = "ADDRESS_FORMER"
        $0.field = "customer.accepts_\(channel.name)_marketing"
        $0.message =
          "The customer had that address before a merge and has another one now, so the agreement "
          + "was left out."
      }
    }
  }
}

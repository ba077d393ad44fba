internal import Crypto
internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtoWire
internal import ProtobufC
internal import TTRPC

extension ConsentHandlers {
  /// A checked ConfirmSubscription request.
  struct Confirmation: Sendable {
    var tokenHash: [UInt8]
    /// The channels to confirm; nil for all channels of the token.
    var channels: Set<PatronModel.Channel>?
    var evidence: CheckedEvidence
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareConfirm(_ request: ConfirmSubscriptionRequest, _ call: CallContext) throws
    -> Confirmation
  {
    var violations = Violations()
    let evidence = CheckedEvidence(request.evidence, now: call.now, &violations)
    let token = Base64.decode(exactly: request.confirmationToken, as: .url)
    if token?.count != Confirmations.size {
      violations.add(
        "confirmation_token",
        RuleError(
          reason: "CONFIRMATION_TOKEN_MALFORMED",
          message: "It is no token: send what SubscribeCustomer answered, as it came."
        )
      )
    }
    let channels =
      request.channels.isEmpty ? nil : ConsentScope(request.channels, &violations).channels
    try violations.finish()
    return Confirmation(
      tokenHash: Array(SHA256.hash(data: token ?? [])),
      channels: channels.map(Set.init),
      evidence: evidence
    )
  }

  /// Completes a double opt-in. A token that was used before changes nothing.
  static func confirm(
    _ confirmation: Confirmation,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let writer = context.writer
    var requests = try writer.read.confirmations(tokenHash: confirmation.tokenHash)
    guard let first = requests.first else { throw DomainError.confirmationNotFound }
    if let channels = confirmation.channels {
      guard channels.isSubset(of: requests.map(\.channel)) else {
        throw DomainError.channelNotRequested
      }
      requests.removeAll { !channels.contains($0.channel) }
    }
    guard let row = try writer.read.customerRow(.id(first.customerID)) else {
      throw try DomainError.customerNotFound(.id(first.customerID), in: writer.read)
    }
    requests.removeAll { $0.confirmedAt != nil }
    guard !requests.isEmpty else {
      return response.appendCustomer(ConfirmSubscriptionResponse.Field.customer, row)
    }
    guard context.now < first.expiresAt else { throw DomainError.confirmationExpired }
    var edit = try ConsentEdit(row, writer, at: context.now)
    var refusal: DomainError?
    var isAccepted = false
    for request in requests {
      do {
        try confirm(request, of: row, &edit, confirmation.evidence, writer, at: context.now)
        isAccepted = true
      } catch let error as DomainError {
        // A part that the customer has taken back since is skipped. The other parts still count.
        refusal = refusal ?? error
      }
    }
    if !isAccepted, let refusal { throw refusal }
    for channel in Set(requests.map(\.channel)) {
      try writer.useConfirmation(
        tokenHash: confirmation.tokenHash,
        of: channel,
        at: context.now
      )
    }
    try edit.write()
    response.appendCustomer(ConfirmSubscriptionResponse.Field.customer, edit.row)
    try response.append(ConfirmSubscriptionResponse.with { $0.changes = edit.summary })
  }

  private static func confirm(
    _ request: ConfirmationRow,
    of row: CustomerRow,
    _ edit: inout ConsentEdit,
    _ evidence: CheckedEvidence,
    _ writer: StoreWriter,
    at now: Int64
  ) throws {
    let (channel, topic) = (request.channel, request.topic)
    let reader = SuppressionReader(writer.read)
    guard let address = row.address(channel),
      try reader.hashes(channel, address).contains(request.addressHash)
    else { throw DomainError.addressChanged }
    let suppressions = try reader.suppressions(channel, of: address)
      .compactMap(PatronModel.Suppression.init)
    // The opt-out may be from a time when no customer had the address.
    if let optOutAt = suppressions.optOut(binding: topic), optOutAt >= request.requestedAt {
      throw DomainError.confirmationOutdated
    }
    let consent = edit.customer.consent(channel, topic)
    // A newer request after an opt-out has a token of its own.
    if let optOutAt = consent.unsubscribedAt, consent.state == .pending,
      optOutAt >= request.requestedAt
    {
      throw DomainError.confirmationOutdated
    }
    let transition: ConsentTransition
    do throws(RuleError) {
      transition = try ConsentRules.confirm(
        at: evidence.occurredAt ?? now,
        of: consent,
        source: evidence.source
      )
    } catch {
      throw DomainError.consent(error)
    }
    edit.apply(transition, channel, topic, evidence.evidence)
    guard case .changed(_, let row) = transition else { return }
    try edit.liftOwn(channel, topic, address, row.occurredAt, evidence)
  }
}

extension DomainError {
  fileprivate static let confirmationNotFound = reason(
    .notFound,
    "CONFIRMATION_NOT_FOUND",
    "The token is unknown. Check the token and the store, or subscribe again for a new token."
  )

  fileprivate static let channelNotRequested = reason(
    .failedPrecondition,
    "CHANNEL_NOT_REQUESTED",
    "The token was not requested for every named channel. Name channels of its request, or none "
      + "for all of them."
  )

  fileprivate static let confirmationExpired = reason(
    .failedPrecondition,
    "CONFIRMATION_EXPIRED",
    "The token has expired: it is valid for 7 days. Subscribe again for a new token."
  )

  fileprivate static let confirmationOutdated = reason(
    .failedPrecondition,
    "CONSENT_OUTDATED",
    "The customer opted out after the token was made. Use the token of the newer request."
  )

  fileprivate static let addressChanged = reason(
    .failedPrecondition,
    "ADDRESS_CHANGED",
    "The customer's address has changed since the request. Subscribe again for a token that goes "
      + "to the new address."
  )
}

package import PatronModel
package import PatronProto

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The checked evidence of an agreement or an opt-out.
package struct CheckedEvidence: Sendable {
  /// The time of the agreement or opt-out, microseconds since 1970; nil is the time of the request.
  package var occurredAt: Int64?
  /// The end of an agreement that holds for a limited time, microseconds since 1970.
  package var expiresAt: Int64?
  /// The whole evidence, as the ledger stores it.
  package var evidence: ConsentEvidence

  /// The source of the consent; nil if it is unknown.
  package var source: String? { evidence.source.isEmpty ? nil : evidence.source }

  /// Checks evidence and adds violations under `evidence`. `now` is in microseconds since 1970.
  package init(
    _ given: ConsentEvidence?,
    needsSource: Bool = false,
    now: Int64,
    _ violations: inout Violations
  ) {
    evidence = given ?? ConsentEvidence()
    if needsSource || !evidence.source.isEmpty {
      let source = evidence.source
      let isGood: Void? = violations.secondary("evidence.source") { () throws(RuleError) in
        try ConsentRules.checkSource(source)
      }
      if isGood == nil { evidence.source = "" }
    }
    let method = evidence.method.rawValue
    if !violations.isKnown("evidence.method", method, ConsentMethod.other.rawValue) {
      evidence.method = .unspecified
    }
    occurredAt = ConsentTime.check(
      evidence.occurredAt,
      "evidence.occurred_at",
      now: now,
      &violations
    )
    expiresAt = Self.expiry(evidence, from: occurredAt ?? now, &violations)
    if expiresAt == nil { evidence.expiresAt = nil }
    checkTexts(&violations)
  }

  /// Returns the statement that the evidence proves. Without a time of its own it is made at `now`.
  package func statement(by actor: ConsentActor, at now: Int64) -> ConsentStatement {
    ConsentStatement(
      at: occurredAt ?? now,
      actor: actor,
      source: source,
      expiresAt: expiresAt
    )
  }

  /// Returns the end of the agreement, microseconds since 1970. A violation of it is secondary:
  /// only opt-outs drop invalid values, and beside an opt-out the end has no meaning.
  private static func expiry(
    _ evidence: ConsentEvidence,
    from begin: Int64,
    _ violations: inout Violations
  ) -> Int64? {
    guard let given = evidence.expiresAt else { return nil }
    return violations.secondary("evidence.expires_at") { () throws(RuleError) -> Int64 in
      let time = try PatronModel.Timestamp(seconds: given.seconds, nanos: given.nanos).microseconds
      guard time > begin else {
        throw RuleError(
          reason: "EXPIRES_TOO_EARLY",
          message: "The agreement would end before it begins. Expected is a later time, or none."
        )
      }
      return time
    }
  }

  private mutating func checkTexts(_ violations: inout Violations) {
    func text(_ name: String, _ given: String, _ limit: Int) -> String {
      violations.secondaryText("evidence.\(name)", given, limit: limit) ?? ""
    }
    evidence.userAgent = text("user_agent", evidence.userAgent, 512)
    evidence.pageURL = text("page_url", evidence.pageURL, 2048)
    evidence.consentText = text("consent_text", evidence.consentText, 8192)
    evidence.consentTextVersion = text("consent_text_version", evidence.consentTextVersion, 64)
    evidence.formID = text("form_id", evidence.formID, 64)
    evidence.jurisdiction = text("jurisdiction", evidence.jurisdiction, 64)
    evidence.note = text("note", evidence.note, 255)
    guard !evidence.ip.isEmpty, !Self.isAddress(evidence.ip) else { return }
    violations.addSecondary(
      "evidence.ip",
      RuleError(
        reason: "IP_MALFORMED",
        message: "It is no IP address. Expected is one such as 192.0.2.1 or 2001:db8::1.",
        given: evidence.ip
      )
    )
    evidence.ip = ""
  }

  /// Returns true if a text is an IPv4 or IPv6 address.
  package static func isAddress(_ text: String) -> Bool {
    var bytes = [UInt8](repeating: 0, count: 16)
    return inet_pton(AF_INET, text, &bytes) == 1 || inet_pton(AF_INET6, text, &bytes) == 1
  }
}

/// Checks of the times of consent statements.
package enum ConsentTime {
  /// Returns a checked time in microseconds since 1970, or nil if none is given or it is invalid.
  /// Times run from 1990 to five minutes after `now`, for clocks that run ahead. A time after `now`
  /// counts as `now`, so that every later statement of the customer is newer.
  package static func check(
    _ given: GoogleProtobuf.Timestamp?,
    _ path: String,
    now: Int64,
    _ violations: inout Violations
  ) -> Int64? {
    guard let given else { return nil }
    return violations.check(path) { () throws(RuleError) in
      let time = try PatronModel.Timestamp(seconds: given.seconds, nanos: given.nanos)
      if let tooLate = try TimeBounds.checkOccurred(time, now: .init(microseconds: now)) {
        throw tooLate
      }
      return min(time.microseconds, now)
    }
  }
}

extension Violations {
  /// Returns true if the number of a secondary enum is one of its values, 0 to `greatest`.
  /// Otherwise adds a secondary violation: the value is left out, or the input refused.
  mutating func isKnown(_ path: String, _ number: Int32, _ greatest: Int32) -> Bool {
    guard number < 0 || number > greatest else { return true }
    addSecondary(
      path,
      RuleError(
        reason: "ENUM_VALUE_UNKNOWN",
        message: "The value is none of the enum's: `patron describe` shows them."
      )
    )
    return false
  }
}

extension DomainError {
  /// Returns the refusal of a statement by the rules of consent.
  package static func consent(_ error: RuleError) -> DomainError {
    reason(.failedPrecondition, error.reason, error.message)
  }

  /// Returns the refusal of a channel for which the customer has no address.
  package static func noAddress(_ channel: PatronModel.Channel) -> DomainError {
    let (what, field) = (channel.addressName, channel.identifier.rawValue)
    return reason(
      .failedPrecondition,
      "ADDRESS_MISSING",
      "The customer has no \(what): set it first, or leave the channel \(channel.name) out.",
      metadata: ["channel": channel.name, "field": field]
    )
  }
}

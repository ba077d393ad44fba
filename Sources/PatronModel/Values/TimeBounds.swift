/// The allowed distance of reported times from now.
package enum TimeBounds {
  /// 1970-01-01: the earliest creation of a shop account.
  package static let earliestAccount = Timestamp.epoch
  /// 1990-01-01: the earliest time of an event.
  package static let earliestEvent = Timestamp.epoch.advanced(bySeconds: 631_152_000)
  /// The maximum lead of an account's creation over now, in seconds: one day, for time zones.
  package static let accountLead: Int64 = 86_400
  /// The maximum lead of an event over now, in seconds: 365 days.
  package static let eventLead: Int64 = 365 * 86_400
  /// The lead of an event over now that deserves a warning, in seconds: more than clocks differ.
  package static let eventWarningLead: Int64 = 300

  /// Checks the creation time of a customer's shop account.
  ///
  /// - Throws: `ACCOUNT_CREATED_TOO_EARLY`, `ACCOUNT_CREATED_IN_FUTURE`.
  package static func checkAccountCreated(_ time: Timestamp, now: Timestamp) throws(RuleError) {
    guard time >= earliestAccount else {
      throw RuleError(
        reason: "ACCOUNT_CREATED_TOO_EARLY",
        message: "The account's creation is too early. Expected is 1970-01-01 or later.",
        given: time.rfc3339
      )
    }
    guard time <= now.advanced(bySeconds: accountLead) else {
      throw RuleError(
        reason: "ACCOUNT_CREATED_IN_FUTURE",
        message: "The account's creation is more than 24 hours from now. Check clock and zone.",
        given: time.rfc3339
      )
    }
  }

  /// Checks the time of an event.
  ///
  /// - Returns: The warning `OCCURRED_AT_IN_FUTURE` above now + 5 minutes, otherwise nil.
  /// - Throws: `OCCURRED_AT_TOO_EARLY`, `OCCURRED_AT_TOO_LATE`.
  package static func checkOccurred(
    _ time: Timestamp,
    now: Timestamp
  ) throws(RuleError) -> RuleError? {
    guard time >= earliestEvent else {
      throw RuleError(
        reason: "OCCURRED_AT_TOO_EARLY",
        message: "The event's time is too early. Expected is 1990-01-01 or later.",
        given: time.rfc3339
      )
    }
    guard time <= now.advanced(bySeconds: eventLead) else {
      throw RuleError(
        reason: "OCCURRED_AT_TOO_LATE",
        message: "The event's time is more than a year from now. Check clock and unit.",
        given: time.rfc3339
      )
    }
    guard time > now.advanced(bySeconds: eventWarningLead) else { return nil }
    return RuleError(
      reason: "OCCURRED_AT_IN_FUTURE",
      message: "The event's time is more than 5 minutes from now. Check clock and time zone.",
      given: time.rfc3339
    )
  }
}

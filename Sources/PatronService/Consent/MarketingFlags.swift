internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// The flags `accepts_sms_marketing` and `accepts_email_marketing` of a shop's record, and what
/// they do to consent.
struct MarketingFlags: Sendable {
  /// What the shop says of SMS; nil when it says nothing.
  var sms: Bool?
  /// What the shop says of e-mail.
  var email: Bool?
  /// Who says so.
  var actor: ConsentActor
  /// Where it was collected.
  var source: String
  /// When the shop said so, microseconds since 1970; nil is now. Orders and events tell of the
  /// past: what they say must not undo what the customer said since.
  var saidAt: Int64?

  /// Says nothing.
  mutating func clear() {
    sms = nil
    email = nil
  }

  /// Changes that wait to be written with the record.
  struct Effect {
    /// Rows for the ledger.
    var rows: [(channel: PatronModel.Channel, row: LedgerRow)] = []
    /// Rows of states that an import brought.
    var imports: [ImportedConsent.Change] = []
    /// What the caller should know.
    var warnings: [Warning] = []
    /// Names of the fields that changed.
    var changedFields: [String] = []
  }

  /// Applies the flags to a record that is not written yet. The consents get their ledger ids from
  /// ``record(_:of:in:at:)``.
  func apply(to customer: inout Customer, at now: Int64) -> Effect {
    var effect = Effect()
    for (channel, accepts) in [(PatronModel.Channel.sms, sms), (.email, email)] {
      guard let accepts else { continue }
      let current = customer.consent(channel, .marketing)
      let transition = ConsentRules.applyFlag(
        accepts, at: min(saidAt ?? now, now), to: current, doubleOptIn: false, actor: actor,
        source: source)
      switch transition {
      case .unchanged(let warning):
        if let warning { effect.warnings.append(.about(warning, channel)) }
        if warning == .outdated { continue }
      case .changed(let consent, let row):
        customer.setConsent(consent, channel, .marketing, ledgerID: 0)
        effect.rows.append((channel, row))
      }
      Self.keep(accepts, channel, in: &customer, &effect)
    }
    if !effect.rows.isEmpty { effect.changedFields.append("subscriptions") }
    return effect
  }

  /// Keeps the flag itself beside the consent that it changed.
  static func keep(
    _ accepts: Bool, _ channel: PatronModel.Channel, in customer: inout Customer,
    _ effect: inout Effect
  ) {
    var changed = ChangedFields()
    switch channel {
    case .sms: changed.set("accepts_sms_marketing", &customer.acceptsSMSMarketing, accepts)
    case .email: changed.set("accepts_email_marketing", &customer.acceptsEmailMarketing, accepts)
    }
    effect.changedFields += changed.names
  }

  /// Appends the rows to the ledger and puts their ids into the record.
  static func record(
    _ effect: Effect, of customer: inout Customer, in writer: StoreWriter, at now: Int64
  ) throws {
    for (channel, row) in effect.rows {
      let id = try writer.nextID()
      let consent = customer.consent(channel, .marketing)
      customer.setConsent(consent, channel, .marketing, ledgerID: id)
      let record = ConsentRecord(row, channel, .marketing, id: id, of: customer.id, at: now)
      try writer.appendToLedger(id: id, customerID: customer.id, body: try record.encoded())
    }
    for change in effect.imports { try change.record(of: &customer, in: writer, at: now) }
  }
}

extension ConsentRecord {
  /// A row as the ledger keeps it.
  init(
    _ row: LedgerRow, _ channel: PatronModel.Channel, _ topic: PatronModel.Topic, id: Int64,
    of customerID: Int64, at now: Int64
  ) {
    self.init()
    self.id = id
    self.customerID = customerID
    self.channel = .init(rawValue: Int32(channel.rawValue))
    self.topic = .init(rawValue: Int32(topic.rawValue))
    previousState = .init(rawValue: Int32(row.previousState.rawValue))
    state = .init(rawValue: Int32(row.newState.rawValue))
    occurredAt = .init(micros: row.occurredAt)
    recordedAt = .init(micros: now)
    actor = .init(rawValue: Int32(row.actor.rawValue))
    optInLevel = .init(rawValue: Int32(row.optInLevel.rawValue))
    action = .init(rawValue: Int32(row.action.rawValue))
    evidence = .with {
      $0.occurredAt = .init(micros: row.occurredAt)
      $0.source = row.source ?? ""
      $0.method = .flag
    }
  }
}

extension Warning {
  static func about(_ warning: ConsentWarning, _ channel: PatronModel.Channel) -> Warning {
    .with {
      $0.reason = warning.rawValue
      $0.field = "customer.accepts_\(channel.name)_marketing"
      $0.message = warning.message
    }
  }

  static func about(_ violation: Violation) -> Warning {
    .with {
      $0.reason = violation.error.reason
      $0.field = violation.path
      $0.message = violation.error.message
    }
  }
}

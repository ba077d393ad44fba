internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

extension ConsentChanges {
  /// Emits an event for each change of a state, and puts the new statistics into `row`, which the
  /// caller writes afterwards. `known` is the type of an event that is not emitted, because the
  /// evidence is such an event on the timeline.
  package func emit(
    of row: inout CustomerRow,
    in writer: StoreWriter,
    at now: Int64,
    except known: String? = nil
  ) throws {
    let emitted = changes.filter {
      $0.isEmitted && Event.type(of: $0.row.action, $0.channel) != known
    }
    guard !emitted.isEmpty else { return }
    var timeline = try TimelineWriter(writer, customerID: row.id, stats: row.stats, now: now)
    for change in emitted { _ = try timeline.put(Event(change, at: now)) }
    row.stats = try timeline.stats.encoded()
  }

  /// Returns the events that ``emit(of:in:at:except:)`` would emit.
  package func events(at now: Int64) -> [Event] {
    changes.filter(\.isEmitted).map { Event($0, at: now) }
  }
}

extension Event {
  /// Creates the event for a row of the ledger.
  fileprivate init(_ change: ConsentChanges.Change, at now: Int64) {
    self.init()
    type = Self.type(of: change.row.emittedAction, change.channel)
    let known = EventCatalogue.type(type, of: .product)
    eventID = EventCheck.reservedPrefix + "consent:\(change.ledgerID)"
    source = .product
    product = known?.product?.rawValue ?? ""
    title = known?.label ?? type
    channel = .init(rawValue: Int32(change.channel.rawValue))
    occurredAt = .init(micros: change.row.occurredAt)
    actor = .init(rawValue: Int32(change.row.actor.rawValue))
    setProperties(of: change, at: now)
  }

  fileprivate static func type(
    of action: PatronModel.ConsentAction,
    _ channel: PatronModel.Channel
  ) -> String {
    "\(channel.name)_\(kind(of: action))"
  }

  private static func kind(of action: PatronModel.ConsentAction) -> String {
    switch action {
    case .subscribe, .importState: "subscribed"
    case .request: "opt_in_requested"
    case .confirm: "opt_in_confirmed"
    case .unsubscribe: "unsubscribed"
    case .suppress: "suppressed"
    case .unsuppress: "unsuppressed"
    case .addressChange: "consent_reset"
    }
  }

  private mutating func setProperties(of change: ConsentChanges.Change, at now: Int64) {
    let row = change.row
    let reason = change.suppression.map {
      PatronProto.SuppressionReason(rawValue: Int32($0.rawValue)).word
    }
    func text(_ name: String, _ value: String?) {
      guard let value, !value.isEmpty else { return }
      properties[name] = .with { $0.kind = .stringValue(value) }
    }
    func time(_ name: String, _ micros: Int64) {
      properties[name] = .with { $0.kind = .timestampValue(.init(micros: micros)) }
    }
    if change.suppression == nil { text("topic", change.topic.name) }
    switch row.emittedAction {
    case .subscribe, .importState:
      text("source", row.source)
      text("form_id", change.evidence.formID)
      text("opt_in_level", PatronProto.OptInLevel(row.optInLevel).word)
      properties["ledger_id"] = .with { $0.kind = .int64Value(change.ledgerID) }
    case .request:
      text("source", row.source)
      // An agreement from elsewhere does not wait for a confirmation here.
      if row.action == .request { time("expires_at", now + Confirmations.lifetime) }
    case .confirm:
      time("confirmed_at", row.occurredAt)
      text("ip", change.evidence.ip)
    case .unsubscribe:
      text("source", row.source)
      text("actor", actor.word)
      if change.evidence.method != .unspecified {
        text("method", change.evidence.method.word)
      }
    case .suppress:
      text("reason", reason)
      text("source", row.source)
    case .unsuppress:
      text("previous_reason", reason)
      text("actor", actor.word)
    case .addressChange:
      text("previous_state", row.previousState.name)
      text("state", row.newState.name)
      text("source", row.source)
      properties["ledger_id"] = .with { $0.kind = .int64Value(change.ledgerID) }
    }
  }
}

extension LedgerRow {
  /// The action that an event reports. For an import it is the action that leads to the imported
  /// state.
  fileprivate var emittedAction: PatronModel.ConsentAction {
    guard action == .importState else { return action }
    return switch newState {
    case .pending: .request
    case .unsubscribed: .unsubscribe
    case .subscribed: .subscribe
    case .neverSubscribed: .addressChange
    }
  }
}

extension PatronProto.OptInLevel {
  fileprivate init(_ level: PatronModel.OptInLevel) { self.init(rawValue: Int32(level.rawValue)) }
}

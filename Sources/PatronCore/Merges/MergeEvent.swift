internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// The events by which timelines report that customers were merged, and unmerged again.
enum MergeEvent {
  /// Makes the event on the survivor's timeline: another customer was merged into this customer.
  static func merged(
    _ mergeID: Int64,
    with otherID: Int64,
    _ moved: Belongings,
    _ former: [FormerIdentifier],
    _ changes: [SubscriptionChange],
    by actor: ConsentActor,
    at now: Int64
  ) -> Event {
    var event = event("profile_merged", "\(mergeID)", at: now)
    event.actor = .init(rawValue: Int32(actor.rawValue))
    event.setNumber("merge_id", mergeID)
    event.setNumber("other_id", otherID)
    event.setNumber("moved_events", moved.events)
    event.setNumber("moved_orders", moved.orders)
    event.setNumber("moved_consents", moved.ledger)
    // The kinds of the identifiers that became aliases, never their values.
    let names = IdentifierField.allCases.filter { field in former.contains { $0.field == field } }
    if !names.isEmpty {
      event.properties["identifiers"] = .text(names.map(\.rawValue).joined(separator: ","))
    }
    if !changes.isEmpty {
      event.properties["consent_changes"] = .text(changes.map(\.words).joined(separator: ","))
    }
    return event
  }

  /// Makes the event of an undone merge. It stands on the timelines of both customers.
  static func unmerged(
    _ mergeID: Int64,
    of customerID: Int64,
    and otherID: Int64,
    at now: Int64
  ) -> Event {
    var event = event("profile_unmerged", "\(mergeID):\(customerID)", at: now)
    event.actor = .operator
    event.setNumber("merge_id", mergeID)
    event.setNumber("other_id", otherID)
    return event
  }

  private static func event(_ type: String, _ key: String, at now: Int64) -> Event {
    let known = EventCatalogue.type(type, of: .product)
    return .with {
      $0.eventID = "\(EventCheck.reservedPrefix)\(type):\(key)"
      $0.source = .product
      $0.product = known?.product?.rawValue ?? ""
      $0.type = type
      $0.title = known?.label ?? type
      $0.occurredAt = .init(micros: now)
    }
  }
}

extension Event {
  fileprivate mutating func setNumber(_ name: String, _ number: Int64) {
    properties[name] = .with { $0.kind = .int64Value(number) }
  }
}

extension SubscriptionChange {
  /// The change in words: `email marketing subscribed>unsubscribed`.
  fileprivate var words: String {
    func state(_ state: PatronProto.ConsentState) -> String {
      PatronModel.ConsentState(rawValue: Int(state.rawValue))?.name ?? ""
    }
    let channel = PatronModel.Channel(rawValue: Int(channel.rawValue))?.name ?? ""
    let topic = PatronModel.Topic(rawValue: Int(topic.rawValue))?.name ?? ""
    return "\(channel) \(topic) \(state(before))>\(state(after))"
  }
}

extension FormerIdentifier {
  /// The kind of the identifier; nil for Patron's id.
  fileprivate var field: IdentifierField? {
    switch self {
    case .id: nil
    case .externalID: .externalID
    case .address(.sms, _): .phone
    case .address(.email, _): .email
    }
  }
}

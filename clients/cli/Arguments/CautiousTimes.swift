import PatronClient
import PatronModel

/// Which end of an interval is meant in which field: where messages were forbidden, the last one.
enum CautiousTimes {
  private typealias Join = @Sendable ([UInt8], [UInt8]) -> [UInt8]

  /// The messages that tell of opt-outs, complaints and suppressions, by name.
  private static let joins: [String: Join] = [
    UnsubscribeCustomerRequest.descriptor.name: join(UnsubscribeCustomerRequest.self) {
      $0.evidence?.occurredAt = $1.evidence?.occurredAt
    },
    SuppressCustomerRequest.descriptor.name: join(SuppressCustomerRequest.self) {
      $0.suppressedAt = $1.suppressedAt
    },
    ImportSuppressionsRequest.descriptor.name: join(ImportSuppressionsRequest.self) {
      $0.suppressions = $1.suppressions
    },
    SuppressionEntry.descriptor.name: join(SuppressionEntry.self) { $0 = $1 },
    ImportCustomersRequest.descriptor.name: join(ImportCustomersRequest.self) {
      for (index, late) in $1.items.enumerated() { take(late, in: &$0.items[index]) }
    },
    ImportItem.descriptor.name: join(ImportItem.self) { take($1, in: &$0) },
    EventInput.descriptor.name: join(EventInput.self) { take($1, in: &$0) },
    RecordEventItem.descriptor.name: join(RecordEventItem.self) { take($1.event, in: &$0.event) },
    RecordEventRequest.descriptor.name: join(RecordEventRequest.self) {
      take($1.event, in: &$0.event)
    },
    BatchRecordEventsRequest.descriptor.name: join(BatchRecordEventsRequest.self) {
      for (index, late) in $1.items.enumerated() { take(late.event, in: &$0.items[index].event) }
    },
  ]

  /// True when the end of an interval matters in messages of a type.
  static func isConcerned(_ name: String) -> Bool { joins[name] != nil }

  /// One message of two readings of it: the first instants of its times, and the last ones.
  static func joined(_ name: String, _ first: [UInt8], _ last: [UInt8]) -> [UInt8] {
    joins[name]?(first, last) ?? first
  }

  private static func join<Value: Message>(
    _ type: Value.Type,
    _ take: @escaping @Sendable (inout Value, Value) -> Void
  ) -> Join {
    { first, last in
      guard var value = try? Value(decoding: first), let late = try? Value(decoding: last) else {
        return first
      }
      take(&value, late)
      return (try? value.encoded()) ?? first
    }
  }

  /// A consent of two readings of it. An opt-out before an agreement is not later than that.
  static func consent(
    _ first: PatronProto.Subscription,
    _ last: PatronProto.Subscription
  ) -> PatronProto.Subscription {
    var consent = first
    if first.state == .unsubscribed {
      consent.changedAt = last.changedAt
      consent.unsubscribedAt = last.unsubscribedAt
    } else if let early = first.unsubscribedAt, let late = last.unsubscribedAt {
      let bound = first.changedAt.map { isBefore($0, late) ? $0 : late } ?? late
      consent.unsubscribedAt = isBefore(bound, early) ? early : bound
    }
    return consent
  }

  private static func isBefore(
    _ left: GoogleProtobuf.Timestamp,
    _ right: GoogleProtobuf.Timestamp
  ) -> Bool {
    (left.seconds, left.nanos) < (right.seconds, right.nanos)
  }

  private static func take(_ late: ImportItem, in item: inout ImportItem) {
    for (index, last) in late.subscriptions.enumerated() {
      item.subscriptions[index] = consent(item.subscriptions[index], last)
    }
    item.suppressions = late.suppressions
  }

  private static func take(_ late: EventInput?, in event: inout EventInput?) {
    guard let late, var own = event else { return }
    take(late, in: &own)
    event = own
  }

  private static func take(_ late: EventInput, in event: inout EventInput) {
    if end(of: event) == .last { event.occurredAt = late.occurredAt }
  }

  /// Which end of the time of an event is meant. An answer is taken for an opt-out unless it is
  /// known to be the opposite: what its words say, the store may know better.
  static func end(of event: EventInput) -> TimeEnd {
    guard let source = PatronModel.EventSource(rawValue: Int(event.source.rawValue)) else {
      return .first
    }
    let properties = event.properties.compactMapValues { value -> PatronModel.PropertyValue? in
      switch value.kind {
      case .stringValue(let text): .string(text)
      case .boolValue(let flag): .bool(flag)
      default: nil
      }
    }
    let effects = Enrichment.effects(
      of: EventFacts(
        source: source,
        type: event.type,
        occurredAt: 0,
        properties: properties,
        namesProduct: false
      )
    )
    if effects.contains(where: \.restricts) { return .last }
    let isAnswer = Enrichment.readsWords(event.type, of: source)
    let opensAgain = effects.contains {
      if case .restore = $0 { true } else { false }
    }
    return isAnswer && !opensAgain ? .last : .first
  }
}

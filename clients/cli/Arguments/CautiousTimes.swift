import PatronClient
import PatronModel

/// The choice between the ends of an interval, field by field. Times that forbid messages take the
/// last instant, all others the first.
enum CautiousTimes {
  private typealias Join = @Sendable ([UInt8], [UInt8], inout Reading) -> [UInt8]

  /// The state of joining two readings of one message.
  private struct Reading {
    let times: Times
    /// The first time that would have to be read as both of its ends.
    var objection: JSONError?
  }

  /// The join of each message, by name: messages that report opt-outs, complaints and suppressions,
  /// and messages with consent flags beside a time.
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
    EventInput.descriptor.name: joinReading(EventInput.self) { event, late, reading in
      take(late, in: &event, beside: nil, "", &reading)
    },
    RecordEventItem.descriptor.name: joinReading(RecordEventItem.self) { item, late, reading in
      take(late.event, in: &item.event, beside: item.customer, "", &reading)
    },
    RecordEventRequest.descriptor.name: joinReading(RecordEventRequest.self) {
      request,
      late,
      reading in
      take(late.event, in: &request.event, beside: request.customer, "", &reading)
    },
    BatchRecordEventsRequest.descriptor.name: joinReading(BatchRecordEventsRequest.self) {
      request,
      late,
      reading in
      for (index, item) in request.items.enumerated() {
        take(
          late.items[index].event,
          in: &request.items[index].event,
          beside: item.customer,
          "items[\(index)].",
          &reading
        )
      }
    },
    SyncOrderItem.descriptor.name: joinReading(SyncOrderItem.self) { item, late, reading in
      take(late.order, in: &item.order, beside: item.customer, "", &reading)
    },
    SyncOrderRequest.descriptor.name: joinReading(SyncOrderRequest.self) {
      request,
      late,
      reading in
      take(late.order, in: &request.order, beside: request.customer, "", &reading)
    },
    BatchSyncOrdersRequest.descriptor.name: joinReading(BatchSyncOrdersRequest.self) {
      request,
      late,
      reading in
      for (index, item) in request.items.enumerated() {
        take(
          late.items[index].order,
          in: &request.items[index].order,
          beside: item.customer,
          "items[\(index)].",
          &reading
        )
      }
    },
    SyncCheckoutRequest.descriptor.name: joinReading(SyncCheckoutRequest.self) {
      request,
      late,
      reading in
      take(late.checkout, in: &request.checkout, beside: request.customer, &reading)
    },
  ]

  /// Returns true if the end of an interval matters in messages of the type.
  static func isConcerned(_ name: String) -> Bool { joins[name] != nil }

  /// Joins two readings of one message: `first` was read with the first instants of its times,
  /// `last` with the last ones.
  static func joined(
    _ name: String,
    _ first: [UInt8],
    _ last: [UInt8],
    _ times: Times
  ) throws(JSONError) -> [UInt8] {
    guard let join = joins[name] else { return first }
    var reading = Reading(times: times)
    let message = join(first, last, &reading)
    if let objection = reading.objection { throw objection }
    return message
  }

  private static func join<Value: Message>(
    _ type: Value.Type,
    _ take: @escaping @Sendable (inout Value, Value) -> Void
  ) -> Join {
    joinReading(type) { value, late, _ in take(&value, late) }
  }

  private static func joinReading<Value: Message>(
    _ type: Value.Type,
    _ take: @escaping @Sendable (inout Value, Value, inout Reading) -> Void
  ) -> Join {
    { first, last, reading in
      guard var value = try? Value(decoding: first), let late = try? Value(decoding: last) else {
        return first
      }
      take(&value, late, &reading)
      return (try? value.encoded()) ?? first
    }
  }

  /// Joins two readings of a subscription. An opt-out before an agreement is never moved past the
  /// agreement.
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

  // MARK: flags

  /// Returns true if a consent flag beside an ambiguous time refuses messages. If another flag
  /// agrees, no instant is right for both, which is noted as an objection.
  private static func refuses(
    _ customer: CustomerInput?,
    at field: String,
    _ first: GoogleProtobuf.Timestamp?,
    _ last: GoogleProtobuf.Timestamp?,
    _ reading: inout Reading
  ) -> Bool {
    let flags = [customer?.acceptsSMSMarketing, customer?.acceptsEmailMarketing]
    guard first != last, flags.contains(false) else { return false }
    guard flags.contains(true) else { return true }
    let objection = JSONError(
      path: field,
      message:
        "the time is ambiguous, because one flag beside it accepts marketing and one refuses it; "
        + "expected a time with seconds and a zone, such as 2024-05-06T10:00:00Z"
    )
    reading.objection = reading.objection ?? objection
    return false
  }

  /// Joins two readings of an order beside a flag. The contract gives the flag no time other than
  /// that of the order.
  private static func take(
    _ late: Order?,
    in order: inout Order?,
    beside customer: CustomerInput?,
    _ place: String,
    _ reading: inout Reading
  ) {
    guard let late, var own = order,
      refuses(customer, at: "\(place)order.placedAt", own.placedAt, late.placedAt, &reading)
    else { return }
    let ends = [late.updatedAt, late.paidAt, late.cancellation?.cancelledAt]
    own.placedAt = beginning(own.placedAt, late.placedAt, before: ends)
    own.paidAt = following(own.placedAt, own.paidAt, late.paidAt)
    if var cancellation = own.cancellation {
      cancellation.cancelledAt = following(
        own.placedAt,
        cancellation.cancelledAt,
        late.cancellation?.cancelledAt
      )
      own.cancellation = cancellation
    }
    order = own
  }

  /// Joins two readings of a checkout beside a flag. The flag counts when the checkout begins, and
  /// again when it is completed.
  private static func take(
    _ late: Checkout?,
    in checkout: inout Checkout?,
    beside customer: CustomerInput?,
    _ reading: inout Reading
  ) {
    guard let late, var own = checkout else { return }
    if refuses(customer, at: "checkout.startedAt", own.startedAt, late.startedAt, &reading) {
      let ends = [late.abandonedAt, late.completedAt]
      own.startedAt = beginning(own.startedAt, late.startedAt, before: ends)
      own.abandonedAt = following(own.startedAt, own.abandonedAt, late.abandonedAt)
    }
    if refuses(customer, at: "checkout.completedAt", own.completedAt, late.completedAt, &reading) {
      own.completedAt = late.completedAt
    }
    checkout = own
  }

  /// Returns the last instant of the interval in which something began, at most the earliest of
  /// `ends`.
  private static func beginning(
    _ first: GoogleProtobuf.Timestamp?,
    _ last: GoogleProtobuf.Timestamp?,
    before ends: [GoogleProtobuf.Timestamp?]
  ) -> GoogleProtobuf.Timestamp? {
    guard let first, let last else { return last }
    let bound = ends.compactMap(\.self).reduce(last) { isBefore($1, $0) ? $1 : $0 }
    return isBefore(bound, first) ? first : bound
  }

  /// Returns the first instant of the interval in which something continued, or the last one if the
  /// first is before the beginning.
  private static func following(
    _ beginning: GoogleProtobuf.Timestamp?,
    _ first: GoogleProtobuf.Timestamp?,
    _ last: GoogleProtobuf.Timestamp?
  ) -> GoogleProtobuf.Timestamp? {
    guard let beginning, let first, isBefore(first, beginning) else { return first }
    return last
  }

  // MARK: events

  /// The end of an event's time that counts.
  enum EventEnd: Sendable {
    /// Decided by the event's type, or by a word that opts out in every store.
    case known(TimeEnd)
    /// Decided by the store's words: an answer counts as an opt-out unless they say the opposite.
    case answer(EventFacts)

    /// Returns the end, using the store's words. They are fetched later if they are not known yet.
    func resolved(by times: Times) -> TimeEnd {
      switch self {
      case .known(let end):
        return end
      case .answer(let told):
        var facts = told
        facts.words = times.words
        let opensAgain = Enrichment.effects(of: facts).contains {
          if case .restore = $0 { true } else { false }
        }
        return opensAgain ? .first : .last
      }
    }
  }

  private static func take(
    _ late: EventInput?,
    in event: inout EventInput?,
    beside customer: CustomerInput?,
    _ place: String,
    _ reading: inout Reading
  ) {
    guard let late, var own = event else { return }
    take(late, in: &own, beside: customer, place + "event.", &reading)
    event = own
  }

  private static func take(
    _ late: EventInput,
    in event: inout EventInput,
    beside customer: CustomerInput?,
    _ place: String,
    _ reading: inout Reading
  ) {
    guard event.occurredAt != late.occurredAt else { return }
    var isLast = end(of: event).resolved(by: reading.times) == .last
    if takesFlags(event) {
      let field = "\(place)occurredAt"
      if refuses(customer, at: field, event.occurredAt, late.occurredAt, &reading) { isLast = true }
    }
    if isLast { event.occurredAt = late.occurredAt }
  }

  /// Returns true if consent flags beside the event take effect at its time.
  private static func takesFlags(_ event: EventInput) -> Bool {
    guard let source = PatronModel.EventSource(rawValue: Int(event.source.rawValue)) else {
      return false
    }
    return Enrichment.rule(for: event.type, of: source).flagSource != nil
  }

  /// Returns the end of the event's time that counts.
  static func end(of event: EventInput) -> EventEnd {
    guard let source = PatronModel.EventSource(rawValue: Int(event.source.rawValue)) else {
      return .known(.first)
    }
    let properties = event.properties.compactMapValues { value -> PatronModel.PropertyValue? in
      switch value.kind {
      case .stringValue(let text): .string(text)
      case .boolValue(let flag): .bool(flag)
      default: nil
      }
    }
    let facts = EventFacts(
      source: source,
      type: event.type,
      occurredAt: 0,
      properties: properties,
      namesProduct: false
    )
    if Enrichment.effects(of: facts).contains(where: \.restricts) { return .known(.last) }
    return Enrichment.readsWords(event.type, of: source) ? .answer(facts) : .known(.first)
  }
}

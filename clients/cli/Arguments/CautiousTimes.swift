import PatronClient
import PatronModel

/// Which end of an interval is meant in which field: where messages were forbidden, the last one.
enum CautiousTimes {
  private typealias Join = @Sendable ([UInt8], [UInt8], inout Reading) -> [UInt8]

  /// Two readings that become one.
  private struct Reading {
    let times: Times
    /// The first time that cannot be read, as both of its ends are meant.
    var objection: JSONError?
  }

  /// The messages that tell of opt-outs, complaints and suppressions, by name, and those in which a
  /// flag of the customer's stands beside a time.
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

  /// True when the end of an interval matters in messages of a type.
  static func isConcerned(_ name: String) -> Bool { joins[name] != nil }

  /// One message of two readings of it: the first instants of its times, and the last ones.
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

  // MARK: flags

  /// True when a flag beside a time that leaves open which instant it is refuses messages. Where
  /// another one agrees to some no instant is right for both.
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
      message: "the time leaves open which instant it is, and beside it one flag accepts marketing "
        + "and one refuses it: the first instant counts for the one, the last for the other; "
        + "expected is a time with seconds and a zone, such as 2024-05-06T10:00:00Z"
    )
    reading.objection = reading.objection ?? objection
    return false
  }

  /// An order beside a flag. The contract has no other time of the flag than that of the order.
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

  /// A checkout beside a flag, which counts when it begins, and again when it is completed.
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

  /// The last instant of an interval in which something began, which was before it ended.
  private static func beginning(
    _ first: GoogleProtobuf.Timestamp?,
    _ last: GoogleProtobuf.Timestamp?,
    before ends: [GoogleProtobuf.Timestamp?]
  ) -> GoogleProtobuf.Timestamp? {
    guard let first, let last else { return last }
    let bound = ends.compactMap(\.self).reduce(last) { isBefore($1, $0) ? $1 : $0 }
    return isBefore(bound, first) ? first : bound
  }

  /// The first instant of an interval in which something went on; the last one where the first is
  /// before the beginning.
  private static func following(
    _ beginning: GoogleProtobuf.Timestamp?,
    _ first: GoogleProtobuf.Timestamp?,
    _ last: GoogleProtobuf.Timestamp?
  ) -> GoogleProtobuf.Timestamp? {
    guard let beginning, let first, isBefore(first, beginning) else { return first }
    return last
  }

  // MARK: events

  /// Which end of the time of an event is meant.
  enum EventEnd: Sendable {
    /// The type tells, or a word that opts out everywhere.
    case known(TimeEnd)
    /// The words of the store tell: an answer is taken for an opt-out unless they say the opposite.
    case answer(EventFacts)

    /// The end by the words of the store, which are asked for where they are not known yet.
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

  /// True when the flags beside an event count as of its time.
  private static func takesFlags(_ event: EventInput) -> Bool {
    guard let source = PatronModel.EventSource(rawValue: Int(event.source.rawValue)) else {
      return false
    }
    return Enrichment.rule(for: event.type, of: source).flagSource != nil
  }

  /// Which end of the time of an event is meant.
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

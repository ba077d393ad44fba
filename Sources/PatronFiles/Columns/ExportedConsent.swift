internal import PatronCore
internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtoWire

/// The consent of one channel and topic for an export, read from the stored bytes.
package struct ExportedConsent {
  var channel: Int32 = 0
  var topic: Int32 = 0
  var state: Int32 = 0
  var subscribedAt: Int64?
  var unsubscribedAt: Int64?
  var changedAt: Int64?
  /// The offsets of the source in the customer's bytes.
  var source = 0..<0
  var optInLevel: Int32 = 0
  var changedBy: Int32 = 0
  var expiresAt: Int64?

  /// Decodes a stored `patron.v1.Subscription`, which is a part of `bytes`.
  init(_ bytes: RawSpan, _ message: Range<Int>) throws(WireError) {
    var reader = ProtoReader(bytes, message)
    while let (field, value) = try reader.next() {
      switch value {
      case .varint(let number): set(field, Int32(truncatingIfNeeded: number))
      case .bytes(let range):
        if field == Subscription.Field.source {
          source = range
        } else {
          try setTime(field, reader[range])
        }
      case .fixed64, .fixed32: break
      }
    }
  }

  private mutating func set(_ field: Int, _ number: Int32) {
    switch field {
    case Subscription.Field.channel: channel = number
    case Subscription.Field.topic: topic = number
    case Subscription.Field.state: state = number
    case Subscription.Field.optInLevel: optInLevel = number
    case Subscription.Field.changedBy: changedBy = number
    default: break
    }
  }

  private mutating func setTime(_ field: Int, _ time: RawSpan) throws(WireError) {
    typealias Timestamp = GoogleProtobuf.Timestamp
    switch field {
    case Subscription.Field.subscribedAt: subscribedAt = try Timestamp.micros(of: time)
    case Subscription.Field.unsubscribedAt: unsubscribedAt = try Timestamp.micros(of: time)
    case Subscription.Field.changedAt: changedAt = try Timestamp.micros(of: time)
    case Subscription.Field.expiresAt: expiresAt = try Timestamp.micros(of: time)
    default: break
    }
  }

  /// The consent as the rules take it, without its source, which no rule uses.
  var rules: ChannelConsent {
    ChannelConsent(
      state: PatronModel.ConsentState(rawValue: Int(state)) ?? .neverSubscribed,
      subscribedAt: subscribedAt,
      unsubscribedAt: unsubscribedAt,
      changedAt: changedAt,
      optInLevel: PatronModel.OptInLevel(rawValue: Int(optInLevel)) ?? .unknown,
      changedBy: ConsentActor(rawValue: Int(changedBy)),
      expiresAt: expiresAt
    )
  }
}

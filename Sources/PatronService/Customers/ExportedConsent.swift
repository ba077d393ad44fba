internal import PatronModel
internal import PatronProto
internal import PatronStore

/// The consent of one channel and topic as an export needs it, read from the stored bytes.
struct ExportedConsent {
  var channel: Int32 = 0
  var topic: Int32 = 0
  var state: Int32 = 0
  var subscribedAt: Int64?
  var unsubscribedAt: Int64?
  var changedAt: Int64?
  /// Lent: valid while the row is.
  var source = UnsafeRawBufferPointer(start: nil, count: 0)
  var optInLevel: Int32 = 0
  var changedBy: Int32 = 0
  var expiresAt: Int64?

  /// Reads a stored `patron.v1.Subscription`.
  init(_ message: UnsafeRawBufferPointer) throws(StoreError) {
    var fields = WireFields(message)
    while let (field, value) = try fields.next() {
      switch value {
      case .number(let number):
        let number = Int32(truncatingIfNeeded: number)
        switch field {
        case 1: channel = number
        case 2: topic = number
        case 3: state = number
        case 8: optInLevel = number
        case 9: changedBy = number
        default: break
        }
      case .bytes(let bytes):
        switch field {
        case 4: subscribedAt = try WireFields.micros(bytes)
        case 5: unsubscribedAt = try WireFields.micros(bytes)
        case 6: changedAt = try WireFields.micros(bytes)
        case 7: source = bytes
        case 11: expiresAt = try WireFields.micros(bytes)
        default: break
        }
      case .fixed: break
      }
    }
  }

  /// What the rules need of it, as the contract has it.
  var subscription: PatronProto.Subscription {
    var result = PatronProto.Subscription()
    result.channel = .init(rawValue: channel)
    result.topic = .init(rawValue: topic)
    result.state = .init(rawValue: state)
    result.subscribedAt = subscribedAt.map(GoogleProtobuf.Timestamp.init(micros:))
    result.unsubscribedAt = unsubscribedAt.map(GoogleProtobuf.Timestamp.init(micros:))
    result.changedAt = changedAt.map(GoogleProtobuf.Timestamp.init(micros:))
    result.changedBy = .init(rawValue: changedBy)
    result.expiresAt = expiresAt.map(GoogleProtobuf.Timestamp.init(micros:))
    return result
  }
}

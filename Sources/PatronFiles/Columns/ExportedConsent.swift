internal import PatronCore
internal import PatronModel
internal import PatronStore

/// The consent of one channel and topic for an export, read from the stored bytes.
package struct ExportedConsent {
  var channel: Int32 = 0
  var topic: Int32 = 0
  var state: Int32 = 0
  var subscribedAt: Int64?
  var unsubscribedAt: Int64?
  var changedAt: Int64?
  /// The source, borrowed from the row: valid as long as the row's bytes.
  var source = UnsafeRawBufferPointer(start: nil, count: 0)
  var optInLevel: Int32 = 0
  var changedBy: Int32 = 0
  var expiresAt: Int64?

  /// Decodes a stored `patron.v1.Subscription`.
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

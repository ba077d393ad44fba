import ProtobufC

/// A request of any method, made from its descriptor: every field has a value.
struct GeneratedRequest {
  /// The values of the text fields.
  enum Texts {
    /// Marks, as addresses in fields for addresses.
    case marked
    /// Values of nobody.
    case plain
  }

  private static let maxDepth = 4

  /// The encoded request.
  let bytes: [UInt8]

  init(_ type: MessageDescriptor, in store: String, _ texts: Texts) {
    bytes = WireBytes().field(1, store).bytes + Self.message(type, 0, texts).bytes
  }

  private static func message(_ type: MessageDescriptor, _ depth: Int, _ texts: Texts)
    -> WireBytes
  {
    var message = WireBytes()
    var oneofs: Set<Int> = []
    for field in type.fields where depth > 0 || field.number != 1 {
      if field.isOneofMember {
        guard oneofs.insert(field.quantifierOffset).inserted else { continue }
      }
      let number = UInt64(field.number)
      switch field.type {
      case .string:
        message = message.field(number, text(field.name, texts))
      case .message:
        // Limits of the store would refuse the calls that follow.
        guard depth < maxDepth, let inner = field.message, inner.shortName != "CallLimits" else {
          continue
        }
        message = message.field(number, Self.message(inner, depth + 1, texts))
      case .int32, .int64, .uint32, .uint64, .bool, .enumeration:
        message = message.field(number, number: 1)
      default: continue
      }
    }
    return message
  }

  private static func text(_ field: String, _ texts: Texts) -> String {
    switch (texts, field) {
    case (.marked, "email"), (.marked, "address"): Canaries.email
    case (.marked, "phone_number"): Canaries.phone
    case (.marked, "ip"): Canaries.ip
    case (.marked, _): "\(Canaries.word)-\(field)"
    case (.plain, "email"), (.plain, "address"): "nobody@example.com"
    case (.plain, "phone_number"): "+14155550100"
    case (.plain, _): "nobody"
    }
  }
}

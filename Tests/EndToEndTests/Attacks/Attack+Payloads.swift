import TTRPC

// Requests that arrive complete but cannot be decoded, or are too expensive to decode.
extension Attack {
  private static func upsert(_ name: String, _ payload: [UInt8]) -> Attack {
    .refused(name, .invalidArgument, RawFrames.request(1, "UpsertCustomer", payload))
  }

  private static func customer(_ content: WireBytes) -> [UInt8] {
    WireBytes().field(2, content).bytes
  }

  private static let good = RawFrames.customer("attack")
  private static let street = WireBytes().field(1, "Street 1")

  static let payloads: [Attack] = [
    upsert("a payload of rubbish", [UInt8](repeating: 0xee, count: 64)),
    upsert("a payload that breaks off", Array(customer(good).dropLast(3))),
    upsert("text that is not UTF-8", customer(good.field(4, [0x41, 0xc0, 0x80]))),
    upsert("text with half a surrogate pair", customer(good.field(4, [0xed, 0xa0, 0x80]))),
    upsert("text with U+0000", customer(good.field(4, [0x41, 0, 0x42]))),
    upsert("a sub-message sent twice", customer(good) + customer(good)),
    upsert("an address sent twice", customer(good.field(12, street).field(12, street))),
    upsert("a number for a text", customer(good.field(4, number: 9))),
    upsert("field number 0", customer(WireBytes(bytes: good.bytes + [0x00, 0x01]))),
    upsert("groups nested 10,000 deep", customer(good) + [UInt8](repeating: 0x7b, count: 10_000)),
    upsert(
      "a length of 2^63",
      customer(WireBytes(bytes: good.bytes + [0x22] + WireBytes.varint(1 << 63)))
    ),
    upsert(
      "an endless number",
      customer(WireBytes(bytes: good.bytes + [0x68] + [UInt8](repeating: 0xff, count: 12)))
    ),
  ]

  /// Small inputs that need much memory when decoded.
  static let amplification: [Attack] = [
    heavy("empty sub-messages", "BatchUpsertCustomers", 2, [], count: 500_000),
    heavy("empty items", "BatchGetCustomers", 2, [], count: 500_000),
    heavy("unknown fields", "GetCustomer", 900, [], count: 300_000),
    heavy(
      "map entries",
      "UpsertCustomer",
      2,
      WireBytes().repeating(15, [], times: 500_000).bytes,
      count: 1
    ),
    heavy(
      "overwritten texts",
      "UpsertCustomer",
      2,
      WireBytes().repeating(4, Array("x".utf8), times: 300_000).bytes,
      count: 1
    ),
  ]

  private static func heavy(
    _ name: String,
    _ method: String,
    _ field: UInt64,
    _ content: [UInt8],
    count: Int
  ) -> Attack {
    let payload = WireBytes().repeating(field, content, times: count).bytes
    precondition(payload.count < (1 << 20) - 200, "\(name): \(payload.count) bytes")
    return Attack(
      name: name,
      bytes: RawFrames.request(1, method, payload),
      answer: .codes([.invalidArgument, .resourceExhausted, .unimplemented])
    )
  }
}

import Testing

@testable import ProtobufC

/// Input that makes libprotobuf-c allocate many times its size.
@Suite struct AmplificationTests {
  struct Attack: Sendable, CustomTestStringConvertible {
    let name: String
    let type: MessageDescriptor
    let unit: [UInt8]

    var testDescription: String { name }
  }

  static let attacks: [Attack] = [
    Attack(
      name: "repeated empty message",
      type: Repeateds.descriptor,
      unit: WireBytes().field(17, "").bytes
    ),
    Attack(
      name: "map entries",
      type: Maps.descriptor,
      unit: WireBytes().field(1, "").bytes
    ),
    Attack(
      name: "repeated empty string",
      type: Repeateds.descriptor,
      unit: WireBytes().field(14, "").bytes
    ),
    Attack(
      name: "unpacked scalars",
      type: Repeateds.descriptor,
      unit: WireBytes().int(3, 1).bytes
    ),
    Attack(
      name: "overwritten scalar",
      type: Scalars.descriptor,
      unit: WireBytes().int(3, 1).bytes
    ),
    Attack(
      name: "unknown fields",
      type: Scalars.descriptor,
      unit: WireBytes().int(100, 1).bytes
    ),
  ]

  @Test(arguments: attacks)
  func amplificationIsRefusedBeforeUnpacking(_ attack: Attack) throws {
    let bytes = repeated(attack.unit, count: (1 << 20) / attack.unit.count)
    let arena = Arena(limit: Arena.decodingLimit(payload: bytes.count))
    let error = #expect(throws: CodecError.self) {
      try bytes.withUnsafeBytes { _ = try attack.type.unpack($0, in: arena) }
    }
    #expect(error?.reason == .tooManyElements(limit: Arena.decodingLimit(payload: bytes.count)))
    #expect(arena.used == 0)
  }

  @Test(arguments: attacks)
  func aThousandAreAccepted(_ attack: Attack) throws {
    let bytes = repeated(attack.unit, count: 1000)
    let arena = Arena(limit: Arena.decodingLimit(payload: bytes.count))
    #expect(throws: Never.self) {
      try bytes.withUnsafeBytes { _ = try attack.type.unpack($0, in: arena) }
    }
  }

  /// The arena stops libprotobuf-c even without the check before it.
  @Test(arguments: attacks)
  func unpackFailsCleanlyWhenTheArenaIsFull(_ attack: Attack) throws {
    let bytes = repeated(attack.unit, count: 1000)
    let needed = try bytes.withUnsafeBytes { try attack.type.unpackUnchecked($0, limit: .max) }
    let used = try #require(needed)
    for limit in [0, 100, used / 2, used - 1] {
      let failed = try bytes.withUnsafeBytes {
        try attack.type.unpackUnchecked($0, limit: limit)
      }
      #expect(failed == nil, "limit \(limit)")
    }
    let enough = try bytes.withUnsafeBytes {
      try attack.type.unpackUnchecked($0, limit: used)
    }
    #expect(enough == used)
  }

  private func repeated(_ unit: [UInt8], count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(unit.count * count)
    for _ in 0..<count { bytes += unit }
    return bytes
  }
}

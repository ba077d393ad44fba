import TestKit
import Testing

@testable import ProtobufC

@Suite struct HostileInputTests {
  /// Input that the check accepts is unpacked within the memory that the check computed.
  @Test(arguments: 0..<10 as Range<UInt64>)
  func acceptedInputUnpacks(batch: UInt64) throws {
    var accepted = 0
    for seed in batch * 1000..<batch * 1000 + 1000 {
      var random = SeededRandom(seed: seed)
      var bytes = try random.envelope().encoded()
      for _ in 0..<random.below(4) { mutate(&bytes, &random) }
      let foretold = try? bytes.withUnsafeBytes {
        try WireCheck.check($0, as: Envelope.descriptor, budget: .max)
      }
      guard let foretold else { continue }
      accepted += 1
      let used = try bytes.withUnsafeBytes {
        try Envelope.descriptor.unpackUnchecked($0, limit: .max)
      }
      #expect((used ?? .max) <= foretold, "seed \(seed)")
      #expect(throws: Never.self, "seed \(seed)") { try Envelope(decoding: bytes) }
    }
    #expect(accepted > 200)
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    guard !bytes.isEmpty else { return }
    let index = random.below(bytes.count)
    switch random.below(4) {
    case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
    case 1: bytes[index] ^= 1 << UInt8(random.below(8))
    case 2: bytes.removeLast(bytes.count - index)
    default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
    }
  }
}

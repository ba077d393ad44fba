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

  /// Compared with Swift's own validation.
  @Test func utf8AgreesWithTheStandardLibrary() {
    let interesting: [UInt8] = [
      0x01, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xED,
      0xEF, 0xF0, 0xF3, 0xF4, 0xF5, 0xFF,
    ]
    for seed in 0..<50_000 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let bytes = (0..<random.below(14)).map { _ in interesting[random.below(interesting.count)] }
      let valid = String(validating: bytes, as: UTF8.self) != nil
      let fault = bytes.withUnsafeBufferPointer { buffer in
        buffer.baseAddress.flatMap { UTF8Check.fault($0, $0 + buffer.count) }
      }
      #expect((fault == nil) == valid, "seed \(seed)")
    }
  }
}

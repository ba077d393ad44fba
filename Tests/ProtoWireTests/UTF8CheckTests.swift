import ProtoWire
import TestKit
import Testing

@Suite struct UTF8CheckTests {
  @Test(arguments: [
    "", "plain", "plain text of more than eight bytes", "grün", "漢字", "🎉", "\u{7F}\u{80}",
    "\u{7FF}\u{800}", "\u{D7FF}\u{E000}", "\u{FFFF}\u{10000}", "\u{10FFFF}", "a\u{0}b",
  ])
  func textIsValid(_ text: String) {
    #expect(isValid(Array(text.utf8)))
  }

  @Test(
    arguments: [
      // Continuation bytes without a lead, leads without continuation.
      [0x80], [0xBF], [0xC2], [0xC2, 0x41], [0xE1, 0x80], [0xE1, 0x80, 0x41], [0xF1, 0x80, 0x80],
      [0xF1, 0x80, 0x80, 0xC0],
      // Overlong forms.
      [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xF0, 0x80, 0x80, 0x80],
      [0xF0, 0x8F, 0xBF, 0xBF],
      // Surrogates.
      [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
      // Above U+10FFFF.
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
    ] as [[UInt8]]
  )
  func malformedBytesAreFound(_ bytes: [UInt8]) {
    // Alone, and at every place of words of eight bytes.
    for before in 0..<17 {
      for after in 0..<9 {
        let plain = [UInt8](repeating: 0x61, count: before + after)
        let text = Array(plain[..<before]) + bytes + Array(plain[before...])
        #expect(!isValid(text), "\(before) before, \(after) after")
      }
    }
  }

  private func isValid(_ bytes: [UInt8]) -> Bool { UTF8Check.isValid(bytes.span.bytes) }

  @Test func nulIsAFaultWhereItIsNotAllowed() {
    func fault(_ bytes: [UInt8]) -> UTF8Check.Fault? {
      UTF8Check.fault(in: bytes.span.bytes, from: 0, to: bytes.count, allowsNUL: false)
    }
    for before in 0..<17 {
      for after in 0..<9 {
        let left = [UInt8](repeating: 0x61, count: before)
        let right = [UInt8](repeating: 0x7F, count: after)
        #expect(fault(left + [0] + right) == .nul)
        #expect(fault(left + [1] + right) == nil)
        #expect(isValid(left + [0] + right))
        #expect(!isValid(left + [0, 0xFF] + right))
        #expect(fault(left + [0xFF, 0] + right) == .malformed)
      }
    }
  }

  @Test func aPartIsCheckedByItself() {
    let bytes: [UInt8] = [0xFF, 0x61, 0xC3, 0xA4, 0xC3]
    func fault(_ range: Range<Int>) -> UTF8Check.Fault? {
      UTF8Check.fault(
        in: bytes.span.bytes,
        from: range.lowerBound,
        to: range.upperBound,
        allowsNUL: true
      )
    }
    #expect(fault(1..<4) == nil)
    #expect(fault(1..<3) == .malformed)
    #expect(fault(2..<2) == nil)
    #expect(fault(0..<4) == .malformed)
    #expect(fault(1..<5) == .malformed)
  }

  /// Swift's own validation is the other opinion.
  @Test func agreesWithTheStandardLibrary() {
    let interesting: [UInt8] = [
      0x00, 0x01, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0,
      0xED, 0xEF, 0xF0, 0xF3, 0xF4, 0xF5, 0xFF,
    ]
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededRandom(seed: seed)
    for round in 0..<50_000 {
      let bytes = (0..<random.below(14)).map { _ in interesting[random.below(interesting.count)] }
      let valid = String(validating: bytes, as: UTF8.self) != nil
      #expect(isValid(bytes) == valid, "seed \(seed), round \(round)")
    }
  }
}

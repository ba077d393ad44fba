import TestKit

extension SeededRandom {
  /// Returns a number of any size: all lengths are equally likely.
  mutating func number() -> UInt64 { next() >> UInt64(below(64)) }
}

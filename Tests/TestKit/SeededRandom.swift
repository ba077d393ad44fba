import Foundation

/// A SplitMix64 generator: the same seed gives the same numbers on every platform.
///
/// A failing run is repeated with its seed in the environment variable `PATRON_TEST_SEED`.
package struct SeededRandom: RandomNumberGenerator, Sendable {
  /// The seed from which all numbers follow.
  package let seed: UInt64
  private var state: UInt64

  package init(seed: UInt64) {
    self.seed = seed
    state = seed
  }

  /// Takes the seed from `PATRON_TEST_SEED`, else a new one, and prints it with the test's name.
  package init(for test: String = #function) {
    self.init(seed: Self.override ?? UInt64.random(in: 1...UInt64(UInt32.max)))
    print("\(test): PATRON_TEST_SEED=\(seed)")
  }

  /// Returns the seeds for a parameterised test: those given, or the one in `PATRON_TEST_SEED`.
  package static func seeds(_ fixed: UInt64...) -> [UInt64] { override.map { [$0] } ?? fixed }

  /// Returns the seeds for a parameterised test: those given, or the one in `PATRON_TEST_SEED`.
  package static func seeds(_ fixed: ClosedRange<UInt64>) -> [UInt64] {
    override.map { [$0] } ?? Array(fixed)
  }

  private static let override = ProcessInfo.processInfo.environment["PATRON_TEST_SEED"]
    .flatMap { UInt64($0) }

  // The algorithm is public domain: https://prng.di.unimi.it/splitmix64.c
  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// Returns a number from 0 up to, but not including, `bound`.
  package mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  package mutating func coin() -> Bool { next() & 1 == 0 }

  /// Returns fewer than `count` random bytes.
  package mutating func bytes(below count: Int) -> [UInt8] {
    (0..<below(count)).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}

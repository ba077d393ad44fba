/// SplitMix64: the same seed gives the same numbers. The seed is PATRON_TEST_SEED, or a random one
/// that tests print.
struct SeededRandom: RandomNumberGenerator {
  let seed: UInt64
  private var state: UInt64

  init() {
    self.init(
      seed: Installation.variable("PATRON_TEST_SEED").flatMap { UInt64($0) }
        ?? UInt64.random(in: 1...UInt64(UInt32.max))
    )
  }

  init(seed: UInt64) {
    self.seed = seed
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

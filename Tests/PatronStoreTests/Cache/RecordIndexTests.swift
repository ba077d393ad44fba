import TestKit
import Testing

@testable import PatronStore

/// The index of cached records does what a dictionary does.
struct RecordIndexTests {
  @Test(arguments: SeededRandom.seeds(1, 2, 3))
  func itDoesWhatADictionaryDoes(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var index = RecordIndex(maxSlots: 1024)
    var model: [UInt64: UInt32] = [:]
    for _ in 0..<20_000 {
      // Few hashes, many with the same home, so that probes are long.
      let hash =
        UInt64.random(in: 0..<60, using: &random) << 32 | .random(in: 1...20, using: &random)
      let place = UInt32.random(in: 0..<1000, using: &random)
      if Bool.random(using: &random), !index.isFull {
        index.set(hash, place)
        model[hash] = place
      } else {
        index.remove(hash)
        model[hash] = nil
      }
      #expect(index.place(of: hash) == model[hash], "seed \(seed)")
    }
    #expect(index.count == model.count && index.slots <= 1024)
    for (hash, place) in model { #expect(index.place(of: hash) == place, "seed \(seed)") }
  }

  @Test func aFullTableStillFindsAndMisses() {
    var index = RecordIndex(maxSlots: 64)
    var next: UInt64 = 1
    while !index.isFull {
      index.set(next, UInt32(next))
      next += 1
    }
    #expect(index.count == 48)
    for hash in 1..<next { #expect(index.place(of: hash) == UInt32(hash)) }
    #expect(index.place(of: next) == nil)
  }
}

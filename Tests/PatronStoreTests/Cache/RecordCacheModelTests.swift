import TestKit
import Testing

@testable import PatronStore

/// Random interleavings of commits, snapshots, fills and reads, compared with all states that the
/// records have had.
struct RecordCacheModelTests {
  /// A snapshot of a loop: what it read before it began, and the state that it has.
  private struct Snapshot {
    let count: UInt64
    let state: [Int: [UInt8]]
  }

  private struct Model {
    let seed: UInt64
    var random: SeededRandom
    let cache: RecordCache
    /// The committed records.
    var records: [Int: [UInt8]] = [:]
    /// Commits that were counted.
    var count: UInt64 = 0
    /// The state of a commit that has begun and is not counted; nil for none.
    var begun: [Int: [UInt8]]?
    var hasCommitted = false
    var snapshots: [Snapshot] = []
    var hits = 0

    mutating func number() -> Int { Int.random(in: 0..<40, using: &random) }

    mutating func newValue(_ number: Int) -> [UInt8] {
      let length = Int.random(in: 1...2500, using: &random)
      return Array("\(number):\(UInt64.random(in: 0 ... .max, using: &random))".utf8)
        + [UInt8](repeating: UInt8(number), count: length)
    }

    /// Moves the writer on: begin (changes are published), commit, count.
    mutating func writerStep() {
      guard let state = begun else {
        var state = records
        var hashes: [UInt64] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let changed = number()
          hashes.append(RecordKey.customer(changed).hash)
          // An erasure or a merge removes the row.
          state[changed] = Int.random(in: 0..<4, using: &random) == 0 ? nil : newValue(changed)
        }
        cache.change(hashes, commit: count + 1)
        begun = state
        hasCommitted = false
        return
      }
      if hasCommitted {
        count += 1
        begun = nil
      } else if Int.random(in: 0..<8, using: &random) == 0 {
        // The commit fails and is rolled back; nothing is counted.
        begun = nil
      } else {
        records = state
        hasCommitted = true
      }
    }

    mutating func step() {
      switch Int.random(in: 0..<8, using: &random) {
      case 0, 1: writerStep()
      case 2:
        snapshots.append(Snapshot(count: count, state: records))
        if snapshots.count > 4 { snapshots.removeFirst() }
      case 3:
        // A late fill, from any of the snapshots.
        guard let snapshot = snapshots.randomElement(using: &random) else { return }
        let filled = number()
        guard let value = snapshot.state[filled] else { return }
        cache.fill(.customer(filled), value, count: snapshot.count)
      case 4:
        guard let snapshot = snapshots.randomElement(using: &random) else { return }
        let read = number()
        if let value = cache.value(.customer(read), in: snapshot.count) {
          hits += 1
          #expect(value == snapshot.state[read], "seed \(seed): not of the snapshot")
        }
      default:
        let read = number()
        if let value = cache.value(.customer(read)) {
          hits += 1
          #expect(value == records[read], "seed \(seed): not the present record")
        } else if let value = records[read] {
          cache.fill(.customer(read), value, count: count)
        }
      }
    }
  }

  @Test(arguments: SeededRandom.seeds(1...24))
  func readsAreOfThePresentOrOfTheirSnapshot(_ seed: UInt64) throws {
    let cache = try #require(RecordCache(bytes: 1 << 20))
    var model = Model(seed: seed, random: SeededRandom(seed: seed), cache: cache)
    for _ in 0..<4000 { model.step() }
    #expect(model.hits > 100, "seed \(seed): \(model.hits) hits")
  }
}

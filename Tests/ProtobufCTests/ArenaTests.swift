import ProtobufC
import Testing

@Suite struct ArenaTests {
  @Test func allocatesAlignedMemoryThatDoesNotOverlap() throws {
    let arena = Arena(limit: 1 << 20)
    var blocks: [UnsafeMutableRawBufferPointer] = []
    for size in 0..<300 {
      let block = UnsafeMutableRawBufferPointer(start: try arena.allocate(size), count: size)
      #expect(UInt(bitPattern: block.baseAddress) % 8 == 0)
      for index in block.indices { block[index] = UInt8(truncatingIfNeeded: size) }
      blocks.append(block)
    }
    for (size, block) in blocks.enumerated() {
      #expect(block.allSatisfy { $0 == UInt8(truncatingIfNeeded: size) }, "block \(size)")
    }
    withExtendedLifetime(arena) {}
  }

  @Test func limitIsHard() throws {
    let arena = Arena(limit: 104)
    _ = try arena.allocate(96)
    #expect(arena.used == 96)
    #expect(throws: CodecError(.outOfMemory(limit: 104))) { _ = try arena.allocate(9) }
    #expect(throws: CodecError(.outOfMemory(limit: 104))) { _ = try arena.allocate(.max) }
    #expect(throws: CodecError(.outOfMemory(limit: 104))) { _ = try arena.allocate(-1) }
    _ = try arena.allocate(8)
    #expect(throws: CodecError(.outOfMemory(limit: 104))) { _ = try arena.allocate(1) }
  }

  @Test func resetMakesMemoryAvailableAgain() throws {
    let arena = Arena(limit: 1 << 20)
    for round in 1...50 {
      for _ in 0..<100 { _ = try arena.allocate(1000) }
      #expect(arena.used == 100_000)
      arena.reset(limit: 100_000 + round)
      #expect(arena.used == 0)
      #expect(arena.limit == 100_000 + round)
    }
    // One block holds all that was used before, so the same memory is returned.
    let first = try arena.allocate(1000)
    arena.reset()
    #expect(try arena.allocate(1000) == first)
  }

  @Test func blocksLargerThanAChunkWork() throws {
    let arena = Arena(limit: 8 << 20)
    let block = try arena.allocate(3 << 20)
    block.storeBytes(of: 7, toByteOffset: 3 << 20 - 1, as: UInt8.self)
    _ = try arena.allocate(16)
    arena.reset()
    #expect(arena.used == 0)
    _ = try arena.allocate(16)
  }
}

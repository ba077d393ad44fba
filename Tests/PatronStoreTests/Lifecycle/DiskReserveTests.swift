import Foundation
import TestKit
import Testing

@testable import PatronStore

@Suite("Reserve on disk")
struct DiskReserveTests {
  private let temporary = TemporaryDirectory()
  private let size = 1 << 20
  /// Free space that makes the reserve possible: a quarter more than its size.
  private var enough: Int { size + size / 4 }
  private var path: String { temporary.file("patron.reserve") }

  private func reserve(_ bytes: Int?, free: Int) -> DiskReserve {
    DiskReserve(in: temporary.path, bytes: bytes) { _ in free }
  }

  /// Size and allocated bytes of the file; nil without one.
  private func file() -> (size: Int, allocated: Int)? {
    var information = stat()
    guard lstat(path, &information) == 0 else { return nil }
    return (Int(information.st_size), Int(information.st_blocks) * 512)
  }

  private func expectRestored(
    _ reserve: inout DiskReserve,
    _ expected: Bool = true,
    at location: SourceLocation = #_sourceLocation
  ) {
    let isRestored = reserve.restore()
    #expect(isRestored == expected, sourceLocation: location)
  }

  private func expectGivenUp(
    _ reserve: inout DiskReserve,
    _ expected: Bool = true,
    at location: SourceLocation = #_sourceLocation
  ) {
    let isGivenUp = reserve.giveUp()
    #expect(isGivenUp == expected, sourceLocation: location)
  }

  @Test func isMadeOfRealBlocksWhereThereIsRoom() throws {
    var tight = reserve(size, free: enough - 1)
    expectRestored(&tight, false)
    #expect(tight.isLacking && !tight.isGivenUp)
    #expect(file() == nil)
    var roomy = reserve(size, free: enough)
    expectRestored(&roomy)
    #expect(!roomy.isLacking)
    let made = try #require(file())
    #expect(made.size == size && made.allocated >= size)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    #expect(mode as? Int == 0o600)
    // Blocks that are there already need no room.
    var again = reserve(size, free: 0)
    #expect(!again.isLacking)
    expectRestored(&again)
  }

  @Test func givenUpItIsEmptyUntilThereIsRoom() throws {
    var reserve = reserve(size, free: enough)
    expectGivenUp(&reserve, false)
    expectRestored(&reserve)
    expectGivenUp(&reserve)
    #expect(file()?.size == 0)
    #expect(reserve.isGivenUp && reserve.isLacking)
    expectGivenUp(&reserve, false)
    // The next process knows it.
    var next = self.reserve(size, free: enough - 1)
    #expect(next.isGivenUp)
    expectRestored(&next, false)
    #expect(next.isGivenUp)
    #expect(file()?.size == 0)
    next = self.reserve(size, free: next.bytesForRestart)
    expectRestored(&next)
    #expect(!next.isGivenUp)
    #expect(file()?.size == size)
  }

  @Test func takesAnotherSize() throws {
    var first = reserve(size, free: enough)
    expectRestored(&first)
    var larger = reserve(2 * size, free: size)
    expectRestored(&larger, false)
    #expect(!larger.isLacking)
    #expect(file()?.size == size, "the part that exists is kept")
    larger = reserve(2 * size, free: 2 * size)
    expectRestored(&larger)
    #expect(file()?.size == 2 * size)
    var smaller = reserve(size / 2, free: 0)
    expectRestored(&smaller)
    #expect(file()?.size == size / 2)
  }

  @Test func isLeftAloneOrRemoved() throws {
    var first = reserve(size, free: enough)
    expectRestored(&first)
    var unmanaged = reserve(nil, free: .max)
    expectGivenUp(&unmanaged, false)
    expectRestored(&unmanaged, false)
    #expect(!unmanaged.isLacking)
    #expect(file()?.size == size)
    var none = reserve(0, free: .max)
    #expect(file() == nil)
    expectGivenUp(&none, false)
    expectRestored(&none, false)
    #expect(!none.isLacking && !none.isGivenUp)
    #expect(file() == nil)
  }

  @Test func aRefusedAllocationLeavesNothingAndIsNotRepeatedAtOnce() throws {
    let questions = Monitor(0)
    var reserve = DiskReserve(in: temporary.path, bytes: 1 << 62) { _ in
      questions.withLock { $0 += 1 }
      return .max
    }
    for _ in 0...60 { expectRestored(&reserve, false) }
    #expect(questions.withLock { $0 } == 1)
    #expect(file() == nil)
    expectRestored(&reserve, false)
    #expect(questions.withLock { $0 } == 2)
  }

  @Test func aLinkInItsPlaceIsNotFollowed() throws {
    let precious = try temporary.write("precious", "precious")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: precious)
    var reserve = reserve(size, free: .max)
    expectRestored(&reserve, false)
    expectGivenUp(&reserve, false)
    #expect(try String(contentsOfFile: precious, encoding: .utf8) == "precious")
  }

  @Test func theSystemTellsTheFreeSpace() throws {
    #expect(try #require(DiskReserve.freeSpace(at: temporary.path)) > 0)
    #expect(DiskReserve.freeSpace(at: temporary.path + "/none") == nil)
  }
}

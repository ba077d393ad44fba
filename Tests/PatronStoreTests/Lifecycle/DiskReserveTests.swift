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

  @Test func isMadeOfRealBlocksWhereThereIsRoom() throws {
    var tight = reserve(size, free: enough - 1)
    #expect(!tight.restore() && tight.isLacking && !tight.isGivenUp)
    #expect(file() == nil)
    var roomy = reserve(size, free: enough)
    #expect(roomy.restore() && !roomy.isLacking)
    let made = try #require(file())
    #expect(made.size == size && made.allocated >= size)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    #expect(mode as? Int == 0o600)
    // What is there already needs no room.
    var again = reserve(size, free: 0)
    #expect(!again.isLacking && again.restore())
  }

  @Test func givenUpItIsEmptyUntilThereIsRoom() throws {
    var reserve = reserve(size, free: enough)
    #expect(reserve.giveUp() == false, "there is nothing to give up yet")
    #expect(reserve.restore() && reserve.giveUp())
    #expect(file()?.size == 0)
    #expect(reserve.isGivenUp && reserve.isLacking && !reserve.giveUp())
    // The next process knows it.
    var next = self.reserve(size, free: enough - 1)
    #expect(next.isGivenUp && !next.restore() && next.isGivenUp)
    #expect(file()?.size == 0)
    next = self.reserve(size, free: next.bytesForRestart)
    #expect(next.isGivenUp && next.restore() && !next.isGivenUp)
    #expect(file()?.size == size)
  }

  @Test func takesAnotherSize() throws {
    var first = reserve(size, free: enough)
    #expect(first.restore() == true)
    var larger = reserve(2 * size, free: size)
    #expect(!larger.restore() && !larger.isLacking)
    #expect(file()?.size == size, "the part that exists is kept")
    larger = reserve(2 * size, free: 2 * size)
    #expect(larger.restore() == true)
    #expect(file()?.size == 2 * size)
    var smaller = reserve(size / 2, free: 0)
    #expect(smaller.restore() == true)
    #expect(file()?.size == size / 2)
  }

  @Test func isLeftAloneOrRemoved() throws {
    var first = reserve(size, free: enough)
    #expect(first.restore() == true)
    var unmanaged = reserve(nil, free: .max)
    #expect(!unmanaged.giveUp() && !unmanaged.restore() && !unmanaged.isLacking)
    #expect(file()?.size == size)
    var none = reserve(0, free: .max)
    #expect(file() == nil)
    #expect(!none.giveUp() && !none.restore() && !none.isLacking && !none.isGivenUp)
    #expect(file() == nil)
  }

  @Test func aRefusedAllocationLeavesNothingAndIsNotRepeatedAtOnce() throws {
    let questions = Monitor(0)
    var reserve = DiskReserve(in: temporary.path, bytes: 1 << 62) { _ in
      questions.withLock { $0 += 1 }
      return .max
    }
    for _ in 0...60 { #expect(reserve.restore() == false) }
    #expect(questions.withLock { $0 } == 1)
    #expect(file() == nil)
    #expect(reserve.restore() == false)
    #expect(questions.withLock { $0 } == 2)
  }

  @Test func aLinkInItsPlaceIsNotFollowed() throws {
    let precious = try temporary.write("precious", "precious")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: precious)
    var reserve = reserve(size, free: .max)
    #expect(!reserve.restore() && !reserve.giveUp())
    #expect(try String(contentsOfFile: precious, encoding: .utf8) == "precious")
  }

  @Test func theSystemTellsTheFreeSpace() throws {
    #expect(try #require(DiskReserve.freeSpace(at: temporary.path)) > 0)
    #expect(DiskReserve.freeSpace(at: temporary.path + "/none") == nil)
  }
}

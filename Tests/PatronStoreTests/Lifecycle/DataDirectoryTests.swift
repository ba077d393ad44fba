import Foundation
import TestKit
import Testing

@testable import PatronStore

@Suite("Data directory")
struct DataDirectoryTests {
  @Test func isMadeForItsOwnerOnly() throws {
    let temporary = TemporaryDirectory()
    let directory = try DataDirectory(path: temporary.path + "/deep/data/")
    #expect(directory.path == temporary.path + "/deep/data")
    let mode = try FileManager.default.attributesOfItem(atPath: directory.path)[.posixPermissions]
    #expect(mode as? Int == 0o700)
    let text = try String(contentsOfFile: directory.lockPath, encoding: .utf8)
    #expect(text == "\(ProcessInfo.processInfo.processIdentifier)\n")
  }

  @Test func aSecondOpenerLearnsTheOwner() throws {
    let temporary = TemporaryDirectory()
    let first = try DataDirectory(path: temporary.path)
    let pid = ProcessInfo.processInfo.processIdentifier
    #expect(throws: StoreOpenError.inUse(path: temporary.path, pid: pid)) {
      _ = try DataDirectory(path: temporary.path)
    }
    let text = StoreOpenError.inUse(path: temporary.path, pid: pid).description
    #expect(text.contains(temporary.path) && text.contains("\(pid)") && text.contains("stop it"))
    first.release()
    first.release()
    // A program that another test starts holds a copy of the lock until it executes.
    var again: DataDirectory?
    for _ in 0..<1000 where again == nil {
      again = try? DataDirectory(path: temporary.path)
      if again == nil { usleep(10_000) }
    }
    #expect(again != nil)
  }

  @Test func anotherProcessIsKeptOut() throws {
    let temporary = TemporaryDirectory()
    let directory = try DataDirectory(path: temporary.path)
    let flock = try #require(Tool.find("flock"))
    #expect(try Tool.run(flock, ["-n", directory.lockPath, "true"]).status == 1)
    directory.release()
    #expect(try Tool.run(flock, ["-n", directory.lockPath, "true"]).status == 0)
  }

  @Test func theFileOfADeadProcessIsNotALock() throws {
    let temporary = TemporaryDirectory()
    try temporary.write("patron.lock", "999999999 and more than the next number needs\n")
    let directory = try DataDirectory(path: temporary.path)
    let text = try String(contentsOfFile: directory.lockPath, encoding: .utf8)
    #expect(text == "\(ProcessInfo.processInfo.processIdentifier)\n")
  }

  @Test func aFileInPlaceOfADirectoryIsRefused() throws {
    let temporary = TemporaryDirectory()
    let file = try temporary.write("data", "text")
    for path in [file, file + "/below", ""] {
      #expect {
        _ = try DataDirectory(path: path)
      } throws: { error in
        guard case StoreOpenError.directory(let named, _) = error else { return false }
        return named == path || path.hasPrefix(named)
      }
    }
  }

  @Test func aLinkInThePlaceOfTheLockIsNotFollowed() throws {
    let temporary = TemporaryDirectory()
    _ = try DataDirectory(path: temporary.path)
    let target = temporary.path + "/precious"
    try "precious".write(toFile: target, atomically: false, encoding: .utf8)
    let lock = temporary.path + "/patron.lock"
    let files = FileManager.default
    try files.removeItem(atPath: lock)
    try files.createSymbolicLink(atPath: lock, withDestinationPath: target)
    expectRefusal(temporary.path, "symbolic link")
    #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
    // A file that is not a lock is not truncated either.
    try files.removeItem(atPath: lock)
    let other = String(repeating: "a list of addresses\n", count: 10)
    try other.write(toFile: lock, atomically: false, encoding: .utf8)
    expectRefusal(temporary.path, "something else")
    #expect(try String(contentsOfFile: lock, encoding: .utf8) == other)
    try files.removeItem(atPath: lock)
    #expect(mkfifo(lock, 0o600) == 0)
    expectRefusal(temporary.path, "something else")
    try files.removeItem(atPath: lock)
    _ = try DataDirectory(path: temporary.path)
  }

  @Test(arguments: [0o777, 0o707, 0o1777, 0o702])
  func aDirectoryThatEverybodyWritesToIsRefused(mode: Int) throws {
    let temporary = TemporaryDirectory()
    _ = try DataDirectory(path: temporary.path)
    #expect(chmod(temporary.path, mode_t(mode)) == 0)
    expectRefusal(temporary.path, "chmod 700")
    #expect(chmod(temporary.path, 0o700) == 0)
    _ = try DataDirectory(path: temporary.path)
  }

  @Test(arguments: [(0o770, true), (0o775, true), (0o755, false), (0o750, false), (0o700, false)])
  func aDirectoryThatTheGroupWritesToIsWarnedOf(mode: Int, warns: Bool) throws {
    let temporary = TemporaryDirectory()
    _ = try DataDirectory(path: temporary.path)
    #expect(chmod(temporary.path, mode_t(mode)) == 0)
    let warning = try DataDirectory(path: temporary.path).warning
    #expect((warning != nil) == warns)
    if let warning { #expect(warning.contains("0\(String(mode, radix: 8))")) }
  }

  private func expectRefusal(_ path: String, _ words: String) {
    #expect {
      _ = try DataDirectory(path: path)
    } throws: { error in
      guard case StoreOpenError.directory(let named, let problem) = error else { return false }
      return named == path && problem.contains(words)
    }
  }
}

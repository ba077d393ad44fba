import Foundation
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

  @Test func aSecondOpenerLearnsWhoHasIt() throws {
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
    _ = try DataDirectory(path: temporary.path)
  }

  @Test func anotherProcessIsKeptOut() throws {
    let temporary = TemporaryDirectory()
    let directory = try DataDirectory(path: temporary.path)
    #expect(try exitStatus("/usr/bin/flock", ["-n", directory.lockPath, "true"]) == 1)
    directory.release()
    #expect(try exitStatus("/usr/bin/flock", ["-n", directory.lockPath, "true"]) == 0)
  }

  @Test func theFileOfADeadProcessIsNoLock() throws {
    let temporary = TemporaryDirectory()
    try FileManager.default.createDirectory(
      atPath: temporary.path,
      withIntermediateDirectories: true
    )
    try "999999999 and more than the next number needs\n".write(
      toFile: temporary.path + "/patron.lock",
      atomically: false,
      encoding: .utf8
    )
    let directory = try DataDirectory(path: temporary.path)
    let text = try String(contentsOfFile: directory.lockPath, encoding: .utf8)
    #expect(text == "\(ProcessInfo.processInfo.processIdentifier)\n")
  }

  @Test func whatIsNoDirectoryIsRefused() throws {
    let temporary = TemporaryDirectory()
    try "text".write(toFile: temporary.path, atomically: false, encoding: .utf8)
    for path in [temporary.path, temporary.path + "/below", ""] {
      #expect {
        _ = try DataDirectory(path: path)
      } throws: { error in
        guard case StoreOpenError.directory(let named, _) = error else { return false }
        return named == path || path.hasPrefix(named)
      }
    }
  }

  private func exitStatus(_ program: String, _ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}

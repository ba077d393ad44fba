import Foundation
import TestKit
import Testing

@testable import PatronStore

@Suite("Files of a database")
struct OwnFilesTests {
  private let temporary = TemporaryDirectory()
  private let directory: DataDirectory
  private let names = ["patron.db", "patron.db-wal", "patron.db-shm", "patron.lock"]

  init() throws {
    directory = try DataDirectory(path: temporary.path + "/data")
    for name in names where !FileManager.default.fileExists(atPath: directory.path + "/" + name) {
      try "text".write(toFile: directory.path + "/" + name, atomically: false, encoding: .utf8)
    }
  }

  private func move(_ from: String, _ to: String) { #expect(rename(from, to) == 0) }

  @Test func filesInTheirPlacesAreNoLoss() throws {
    let files = OwnFiles(of: directory)
    #expect(files.loss() == nil)
    // The content may change, and other files may come.
    try "more".write(toFile: directory.databasePath, atomically: false, encoding: .utf8)
    try "other".write(toFile: directory.path + "/other", atomically: false, encoding: .utf8)
    #expect(files.loss() == nil)
  }

  @Test(arguments: ["patron.db", "patron.db-wal", "patron.db-shm", "patron.lock"])
  func aFileIsMissedByItsName(name: String) throws {
    let files = OwnFiles(of: directory)
    let path = directory.path + "/" + name
    move(path, path + ".old")
    expect(files, path, "was removed or renamed")
    // Another file of the same name is another file, also with the same content.
    try FileManager.default.copyItem(atPath: path + ".old", toPath: path)
    expect(files, path, "was replaced")
    move(path + ".old", path)
    #expect(files.loss() == nil)
  }

  @Test func aMovedDirectoryIsMissed() throws {
    let files = OwnFiles(of: directory)
    move(directory.path, temporary.path + "/moved")
    expect(files, directory.databasePath, "was removed or renamed")
    // The same files by another way are the same files.
    try FileManager.default.createSymbolicLink(
      atPath: directory.path,
      withDestinationPath: temporary.path + "/moved"
    )
    #expect(files.loss() == nil)
    try FileManager.default.removeItem(atPath: directory.path)
    try "text".write(toFile: directory.path, atomically: false, encoding: .utf8)
    expect(files, directory.databasePath, "was removed or renamed")
  }

  @Test func aFileThatNeverWasIsNotMissed() throws {
    try FileManager.default.removeItem(atPath: directory.databasePath + "-shm")
    let files = OwnFiles(of: directory)
    #expect(files.loss() == nil)
  }

  private func expect(_ files: OwnFiles, _ path: String, _ words: String) {
    let loss = files.loss() ?? "nothing"
    #expect(loss.hasPrefix(path + " " + words), "\(loss)")
    #expect(loss.contains("restore a backup"))
  }
}

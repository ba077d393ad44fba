import Foundation
import Glibc

/// A folder that is deleted when the last reference is released.
final class TemporaryFolder: Sendable {
  /// The absolute path without links, short enough for Unix sockets in the folder.
  let path: String

  init() throws {
    let wanted = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    let parent = wanted.utf8.count <= 60 ? wanted : "/tmp"
    var template = Array("\(parent)/patron-e2e-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil, let real = realpath(template, nil) else {
      throw HarnessError("cannot make a folder in \(parent): \(String(cString: strerror(errno)))")
    }
    path = String(cString: real)
    free(real)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Returns the path of a file in the folder.
  func file(_ name: String) -> String { path + "/" + name }

  /// Writes a text file in the folder and returns its path.
  func write(_ name: String, _ text: String) throws -> String {
    try text.write(toFile: file(name), atomically: false, encoding: .utf8)
    return file(name)
  }
}

/// Access to files for tests.
enum Files {
  /// Returns the text of a file; empty if it cannot be read.
  static func text(_ path: String) -> String {
    guard let data = FileManager.default.contents(atPath: path) else { return "" }
    return String(decoding: data, as: UTF8.self)
  }

  /// Returns the size of a file in bytes; 0 if it does not exist.
  static func size(_ path: String) -> Int {
    var information = stat()
    return stat(path, &information) == 0 ? Int(information.st_size) : 0
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Overwrites a few bytes of a file.
  static func overwrite(_ path: String, at offset: Int, with bytes: [UInt8]) throws {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw HarnessError("cannot open \(path)") }
    defer { close(descriptor) }
    guard pwrite(descriptor, bytes, bytes.count, offset) == bytes.count else {
      throw HarnessError("cannot write to \(path)")
    }
  }
}

/// A failure of the test's environment, not of the tested program.
struct HarnessError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

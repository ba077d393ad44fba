import Foundation
import Glibc

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

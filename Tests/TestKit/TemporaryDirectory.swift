import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An empty directory of mode 0700 that is removed, with its content, when the last reference goes.
package final class TemporaryDirectory: Sendable {
  /// Absolute, without symbolic links, and short enough for the path of a Unix socket inside.
  package let path: String

  /// Makes the directory in `TMPDIR`, or in /tmp where that path is too long for sockets.
  package init() {
    let wanted = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    let parent = wanted.utf8.count <= 60 ? wanted : "/tmp"
    var template = Array("\(parent)/patron-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil, let real = realpath(template, nil) else {
      fatalError("cannot make a directory in \(parent): \(String(cString: strerror(errno)))")
    }
    path = String(cString: real)
    free(real)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Returns the path of a file inside, which need not exist.
  package func file(_ name: String) -> String { path + "/" + name }

  /// Writes a text file inside and returns its path.
  @discardableResult
  package func write(_ name: String, _ text: String) throws -> String {
    try text.write(toFile: file(name), atomically: false, encoding: .utf8)
    return file(name)
  }

  /// Copies a file into the directory and makes the copy readable and writable by its owner alone.
  package func copy(_ original: String, as name: String) throws {
    try FileManager.default.copyItem(atPath: original, toPath: file(name))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file(name))
  }
}

import Foundation

/// A new file for a key, which only its owner may read. It is made before the key, so that no key
/// is made that cannot be kept.
struct KeyFile {
  private let path: String
  private let handle: FileHandle

  /// Makes the file.
  ///
  /// - Throws: ``Failure`` if there is one already, or if it cannot be made.
  init(_ path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      let code = errno
      throw Failure(
        description: code == EEXIST
          ? "there is a file \(path) already, which may hold another key: name another with --out, "
            + "or move it away"
          : "cannot make the file \(path): \(String(cString: strerror(code)))"
      )
    }
    self.path = path
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// Writes the key and a line break to the disk.
  func write(_ key: String) throws {
    do {
      try handle.write(contentsOf: Data("\(key)\n".utf8))
      try handle.synchronize()
      try handle.close()
    } catch {
      throw Failure(description: "cannot write to \(path): \(error.localizedDescription)")
    }
  }

  /// Removes the file, because there is no key to put into it.
  func remove() { unlink(path) }
}

internal import Crypto
internal import PatronModel

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The files of a backup: the copy, and beside it its SHA-256 as `sha256sum` writes and checks it.
/// While the copy is made, it has another name.
package struct BackupFile: Sendable, Equatable {
  /// The ends of the names of a copy in the making and of a sum.
  package static let partialSuffix = ".partial"
  package static let sumSuffix = ".sha256"

  /// The path of the finished copy.
  package let path: String

  package init(path: String) { self.path = path }

  package var partial: String { path + Self.partialSuffix }
  package var sum: String { path + Self.sumSuffix }
  private var partialSum: String { sum + Self.partialSuffix }

  /// The directory of the file.
  package var directory: String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last part of the path.
  package var name: String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// Checks that the copy can be made: its directory exists, and its name is free and none of the
  /// database's own. A few system calls.
  package func requireFree(beside database: String) throws(BackupError) {
    var information = stat()
    guard stat(directory, &information) == 0, information.st_mode & S_IFMT == S_IFDIR else {
      throw .directoryMissing(path: directory)
    }
    var own = stat()
    let isOwn =
      name.hasPrefix("patron.") && stat(database, &own) == 0
      && own.st_dev == information.st_dev && own.st_ino == information.st_ino
    guard !isOwn, !name.isEmpty, lstat(path, &information) != 0 else {
      throw .pathTaken(path: path)
    }
  }

  /// Makes the empty file of the copy, for its owner alone. Removes what an earlier attempt left.
  func create() throws(BackupError) {
    removePartial()
    let flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
    let descriptor = open(partial, flags, 0o600)
    guard descriptor >= 0 else { throw .system(errno, path) }
    close(descriptor)
  }

  /// Removes an unfinished copy, with the files that SQLite puts beside it.
  package func removePartial() {
    for end in ["", "-journal", "-wal", "-shm"] { unlink(partial + end) }
    unlink(partialSum)
  }

  /// Gives the complete copy its name. The sum comes first, so that a finished copy has its sum at
  /// any time; a sum without its copy is harmless. All of it is on disk when this returns.
  func publish(sha256: [UInt8]) throws(BackupError) {
    try Self.sync(partial)
    try Self.save(Self.line(sha256, name), to: partialSum)
    var information = stat()
    guard lstat(path, &information) != 0 else { throw .pathTaken(path: path) }
    guard rename(partialSum, sum) == 0 else { throw .system(errno, sum) }
    guard rename(partial, path) == 0 else {
      let code = errno
      unlink(sum)
      throw .system(code, path)
    }
    try Self.sync(directory)
  }

  /// Returns the line of `sha256sum` about a file. It escapes backslashes and line feeds in names,
  /// and marks such a line with a backslash.
  static func line(_ sha256: [UInt8], _ name: String) -> String {
    let escaped = name.flatMap { character -> String in
      switch character {
      case "\\": "\\\\"
      case "\n": "\\n"
      default: String(character)
      }
    }
    let text = String(escaped)
    return (text == name ? "" : "\\") + AuditTarget.hex(sha256) + "  " + text + "\n"
  }

  /// Returns the SHA-256 that the file beside the copy names; nil if there is no such file.
  package func expectedSum() throws(BackupError) -> [UInt8]? {
    let descriptor = open(sum, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw .system(errno, sum)
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 80)
    let count = read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { throw .system(errno, sum) }
    let text = String(decoding: bytes[..<count], as: UTF8.self).drop { $0 == "\\" }
    guard let hash = AuditTarget.bytes(ofHex: text.prefix(64)), hash.count == 32 else {
      throw .failed(path: sum, detail: "it is no line of sha256sum")
    }
    return hash
  }
}

// MARK: - Files on disk

extension BackupFile {
  /// Bytes that are read at once.
  private static let chunkBytes = 1 << 20

  /// The hash and the size of a file.
  package struct Content: Sendable, Equatable {
    package let sha256: [UInt8]
    package let bytes: Int64
  }

  /// Reads a file to its end and returns its hash. `visit` gets the bytes in chunks; it may throw
  /// to stop.
  static func content(
    of path: String,
    _ visit: (ArraySlice<UInt8>) throws(BackupError) -> Void
  ) throws(BackupError) -> Content {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system(errno, path) }
    defer { close(descriptor) }
    var hash = SHA256()
    var total: Int64 = 0
    var buffer = [UInt8](repeating: 0, count: chunkBytes)
    while true {
      let size = buffer.count
      let count = buffer.withUnsafeMutableBytes { bytes in
        read(descriptor, bytes.baseAddress, size)
      }
      guard count >= 0 else {
        if errno == EINTR { continue }
        throw .system(errno, path)
      }
      guard count > 0 else { break }
      hash.update(data: buffer[..<count])
      total += Int64(count)
      try visit(buffer[..<count])
    }
    return Content(sha256: Array(hash.finalize()), bytes: total)
  }

  /// Copies a file to a new one of its owner alone, which is on disk when this returns. Returns the
  /// hash and the size of what was read.
  static func copy(_ source: String, to target: String) throws(BackupError) -> Content {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
    let descriptor = open(target, flags, 0o600)
    guard descriptor >= 0 else { throw .system(errno, target) }
    defer { close(descriptor) }
    let content = try Self.content(of: source) { bytes throws(BackupError) in
      try writeAll(bytes, to: descriptor, target)
    }
    guard fsync(descriptor) == 0 else { throw .system(errno, target) }
    return content
  }

  /// Writes a small file, which is on disk when this returns.
  private static func save(_ text: String, to path: String) throws(BackupError) {
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW
    let descriptor = open(path, flags, 0o600)
    guard descriptor >= 0 else { throw .system(errno, path) }
    defer { close(descriptor) }
    try writeAll(Array(text.utf8)[...], to: descriptor, path)
    guard fsync(descriptor) == 0 else { throw .system(errno, path) }
  }

  private static func writeAll(
    _ bytes: ArraySlice<UInt8>,
    to descriptor: Int32,
    _ path: String
  ) throws(BackupError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { bytes in
        write(descriptor, bytes.baseAddress, bytes.count)
      }
      guard count >= 0 else {
        if errno == EINTR { continue }
        throw .system(errno, path)
      }
      rest = rest.dropFirst(count)
    }
  }

  /// Waits until a file, or the entries of a directory, are on disk.
  static func sync(_ path: String) throws(BackupError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(errno, path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .system(errno, path) }
  }
}

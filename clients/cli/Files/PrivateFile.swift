#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An open file with personal data. Only the owner may read what the command writes. Bytes are
/// written in chunks, the last of them when the file is closed. Functions that fail set `errno`.
final class PrivateFile {
  /// The number of bytes that wait before they are written.
  private static let chunkBytes = 4096

  let descriptor: Int32
  private var pending: [UInt8] = []
  private var isOpen = true

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close() }

  /// Opens a file for writing and empties it. If others may read an existing file, it is made
  /// private before anything is written. Returns nil on failure.
  static func create(_ path: String) -> PrivateFile? {
    let descriptor = openForWriting(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    if mode(of: descriptor).map({ $0 & 0o077 != 0 }) ?? false { fchmod(descriptor, 0o600) }
    return PrivateFile(descriptor)
  }

  /// Opens a file for appending, to check that it is writable. Returns nil on failure.
  static func append(_ path: String) -> PrivateFile? {
    let descriptor = openForWriting(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC)
    return descriptor < 0 ? nil : PrivateFile(descriptor)
  }

  /// Adds bytes to the file. Returns false on failure.
  func write(_ bytes: [UInt8]) -> Bool {
    pending += bytes
    return pending.count < Self.chunkBytes || flush()
  }

  /// Writes the bytes that wait. Returns false on failure; the bytes are dropped then.
  func flush() -> Bool {
    let isWritten = DescriptorIO.write(pending, to: descriptor)
    pending.removeAll(keepingCapacity: true)
    return isWritten
  }

  /// Writes the bytes that wait and closes the file. Returns false on failure. Does nothing if the
  /// file is closed.
  @discardableResult
  func close() -> Bool {
    guard isOpen else { return true }
    isOpen = false
    let isWritten = flush()
    let reason = errno
    let isClosed = closeDescriptor(descriptor)
    if !isWritten { errno = reason }
    return isWritten && isClosed
  }

  /// Returns true for a regular file, false for a link or a device.
  static func isRegular(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Returns the first line of a file, up to 1 MiB, without its line break; nil if it cannot be
  /// read.
  static func firstLine(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var line: [UInt8] = []
    while line.count < 1 << 20 {
      let byte = getc(file)
      guard byte != EOF, byte != 0x0A else { break }
      line.append(UInt8(truncatingIfNeeded: byte))
    }
    if line.last == 0x0D { line.removeLast() }
    return line
  }

  /// Returns the permissions of a regular file, or nil for other files.
  private static func mode(of descriptor: Int32) -> mode_t? {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return status.st_mode & 0o777
  }
}

private func closeDescriptor(_ descriptor: Int32) -> Bool { close(descriptor) == 0 }

private func openForWriting(_ path: String, _ flags: Int32) -> Int32 { open(path, flags, 0o600) }

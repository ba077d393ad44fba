import PatronModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A mark on files that this command wrote. The sub-second part of a file's modification time is
/// derived from its content, so every change removes the mark. A file counts as changed if the mark
/// cannot be set or read.
struct FileSeal {
  private var hash = FNV1a()

  /// Adds the next bytes of the file.
  mutating func add(_ bytes: Span<UInt8>) { hash.add(bytes) }

  /// Marks an open file whose bytes were all added.
  func put(on descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return }
    var changed = Self.lastChange(status)
    changed.tv_nsec = nanoseconds
    futimens(descriptor, [changed, changed])
  }

  /// Returns true if the file has the mark of its content.
  static func isWhole(_ path: String) -> Bool {
    guard let file = fopen(path, "re") else { return false }
    defer { fclose(file) }
    var seal = FileSeal()
    var buffer = [UInt8](repeating: 0, count: chunk)
    while true {
      let count = fread(&buffer, 1, chunk, file)
      guard count > 0 else { break }
      seal.add(buffer.span.extracting(first: count))
    }
    var status = stat()
    guard fstat(fileno(file), &status) == 0 else { return false }
    return lastChange(status).tv_nsec == seal.nanoseconds
  }

  private static let chunk = 64 << 10

  /// The mark in whole microseconds, because some file systems do not store more.
  private var nanoseconds: Int { Int(hash.value % 1_000_000) * 1000 }

  private static func lastChange(_ status: stat) -> timespec {
    #if canImport(Darwin)
      return status.st_mtimespec
    #else
      return status.st_mtim
    #endif
  }
}

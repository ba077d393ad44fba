#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A mark of files that the command wrote, by which it knows again those that nobody changed. The
/// fraction of the second of a file's last change is made of what is in it: every change takes the
/// mark off. Where a mark cannot be put or read, the file counts as changed.
struct FileSeal {
  // FNV-1a.
  private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

  /// Takes the next bytes of the file.
  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  /// Marks an open file that has all its bytes.
  func put(on file: UnsafeMutablePointer<FILE>) {
    var status = stat()
    guard fstat(fileno(file), &status) == 0 else { return }
    var changed = Self.lastChange(status)
    changed.tv_nsec = nanoseconds
    futimens(fileno(file), [changed, changed])
  }

  /// Returns true for a file that has its mark.
  static func isWhole(_ path: String) -> Bool {
    guard let file = fopen(path, "re") else { return false }
    defer { fclose(file) }
    var seal = FileSeal()
    var buffer = [UInt8](repeating: 0, count: chunk)
    while true {
      let count = fread(&buffer, 1, chunk, file)
      guard count > 0 else { break }
      seal.add(buffer.prefix(count))
    }
    var status = stat()
    guard fstat(fileno(file), &status) == 0 else { return false }
    return lastChange(status).tv_nsec == seal.nanoseconds
  }

  private static let chunk = 64 << 10

  /// Microseconds without a rest: some file systems keep no more.
  private var nanoseconds: Int { Int(hash % 1_000_000) * 1000 }

  private static func lastChange(_ status: stat) -> timespec {
    #if canImport(Darwin)
      return status.st_mtimespec
    #else
      return status.st_mtim
    #endif
  }
}

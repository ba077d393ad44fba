import PatronClient

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where an export goes: standard output, or a file that has its name only once it is complete, and
/// that only its owner may read.
struct FileOutput: ~Copyable {
  private let path: String?
  private let environment: CLIEnvironment
  private var file: UnsafeMutablePointer<FILE>?
  /// Bytes written.
  private(set) var count = 0

  /// Opens the file, or standard output without a path or for `-`.
  init(_ path: String?, _ environment: CLIEnvironment) throws(LocalError) {
    self.path = path == "-" ? nil : path
    self.environment = environment
    file = nil
    if let path = self.path {
      file = PrivateFile.create(Self.partial(path))
      guard file != nil else { throw Self.failure(path) }
    }
  }

  deinit {
    if let file, let path {
      fclose(file)
      unlink(Self.partial(path))
    }
  }

  /// Whether the bytes go to standard output.
  var isStandardOutput: Bool { path == nil }

  mutating func write(_ bytes: [UInt8]) throws(LocalError) {
    count += bytes.count
    guard let file, let path else {
      return environment.outData(String(decoding: bytes, as: UTF8.self))
    }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw Self.failure(path) }
  }

  /// Gives the file its name.
  mutating func finish() throws(LocalError) {
    guard let open = file, let path else { return }
    file = nil
    guard fclose(open) == 0, rename(Self.partial(path), path) == 0 else {
      throw Self.failure(path)
    }
  }

  private static func partial(_ path: String) -> String { path + ".part" }

  private static func failure(_ path: String) -> LocalError {
    LocalError("cannot write \(path): \(String(cString: strerror(errno)))")
  }
}

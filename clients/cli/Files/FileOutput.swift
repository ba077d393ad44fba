import PatronClient

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The output of an export: standard output, or a file. The file gets its name only once it is
/// complete, and only its owner may read it.
struct FileOutput: ~Copyable {
  private let path: String?
  private let environment: CLIEnvironment
  private var file: PrivateFile?
  /// Number of bytes written.
  private(set) var count = 0

  /// Opens the file, or standard output if the path is nil or `-`.
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
      file.close()
      unlink(Self.partial(path))
    }
  }

  /// True if the bytes are written to standard output.
  var isStandardOutput: Bool { path == nil }

  mutating func write(_ bytes: [UInt8]) throws(LocalError) {
    count += bytes.count
    guard let file, let path else {
      return environment.outData(String(decoding: bytes, as: UTF8.self))
    }
    guard file.write(bytes) else { throw Self.failure(path) }
  }

  /// Closes the file and gives it its name. Without this call the file is deleted.
  mutating func finish() throws(LocalError) {
    guard let open = file, let path else { return }
    file = nil
    guard open.close(), rename(Self.partial(path), path) == 0 else {
      throw Self.failure(path)
    }
  }

  private static func partial(_ path: String) -> String { path + ".part" }

  private static func failure(_ path: String) -> LocalError {
    LocalError("cannot write \(path): \(String(cString: strerror(errno)))")
  }
}

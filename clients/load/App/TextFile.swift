#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Small text files.
enum TextFile {
  /// Larger requests cannot be sent anyway, in bytes.
  private static let mostBytes = 16 << 20

  /// The text of a file, or of standard input when `path` is empty or `-`.
  static func read(_ path: String) throws(LoadError) -> String {
    let isInput = path.isEmpty || path == "-"
    let name = isInput ? "standard input" : path
    let descriptor = isInput ? 0 : open(path, O_RDONLY)
    guard descriptor >= 0 else { throw failed("read", name) }
    defer { if !isInput { close(descriptor) } }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = buffer.withUnsafeMutableBytes {
        #if canImport(Glibc)
          Glibc.read(descriptor, $0.baseAddress, $0.count)
        #elseif canImport(Musl)
          Musl.read(descriptor, $0.baseAddress, $0.count)
        #else
          Darwin.read(descriptor, $0.baseAddress, $0.count)
        #endif
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failed("read", name) }
      if count == 0 { break }
      bytes += buffer[..<count]
      guard bytes.count <= mostBytes else {
        throw .local("\(name) is larger than \(mostBytes) bytes, more than a request may have")
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .local("\(name) is not UTF-8 text")
    }
    return text
  }

  /// Writes a file, replacing what was there.
  static func write(_ text: String, to path: String) throws(LoadError) {
    guard let file = fopen(path, "w") else { throw failed("write", path) }
    let written = fputs(text, file)
    guard fclose(file) == 0, written >= 0 else { throw failed("write", path) }
  }

  private static func failed(_ verb: String, _ name: String) -> LoadError {
    .local("cannot \(verb) \(name): \(String(cString: strerror(errno)))")
  }
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Small text files.
enum TextFile {
  /// Limit for a file in bytes. A larger request could not be sent anyway.
  private static let maxBytes = 16 << 20

  /// Returns the text of a file, or of standard input if `path` is empty or `-`.
  static func read(_ path: String) throws(LoadError) -> String {
    let isInput = path.isEmpty || path == "-"
    let name = isInput ? "standard input" : path
    let descriptor = isInput ? 0 : open(path, O_RDONLY)
    guard descriptor >= 0 else { throw failed("read", name) }
    defer { if !isInput { close(descriptor) } }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = readOnce(descriptor, into: &buffer)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failed("read", name) }
      if count == 0 { break }
      bytes += buffer[..<count]
      guard bytes.count <= maxBytes else {
        throw .local("\(name) is larger than \(maxBytes) bytes, the limit for a request")
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .local("\(name) is not UTF-8 text")
    }
    return text
  }

  /// Writes a file, replacing an existing one.
  static func write(_ text: String, to path: String) throws(LoadError) {
    guard let file = fopen(path, "w") else { throw failed("write", path) }
    let written = fputs(text, file)
    guard fclose(file) == 0, written >= 0 else { throw failed("write", path) }
  }

  private static func failed(_ verb: String, _ name: String) -> LoadError {
    .local("cannot \(verb) \(name): \(String(cString: strerror(errno)))")
  }
}

private func readOnce(_ descriptor: Int32, into buffer: inout [UInt8]) -> Int {
  read(descriptor, &buffer, buffer.count)
}

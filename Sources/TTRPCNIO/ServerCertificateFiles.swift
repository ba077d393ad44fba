#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The contents of the files that a ``ServerTLS`` names. A file that cannot be read has an error
/// instead, so that two looks at it can be compared.
struct ServerCertificateFiles: Sendable, Equatable {
  let chain: Result<[UInt8], ListenError>
  let key: Result<[UInt8], ListenError>
  /// Nil if clients need no certificate.
  let clientCA: Result<[UInt8], ListenError>?

  /// The size from which on a file is no certificate.
  private static let maxBytes = 1 << 20

  /// Reads the files. Blocks for the time of the disk.
  init(_ settings: ServerTLS) {
    chain = Self.contents("certificate", settings.certificateFile)
    key = Self.contents("key", settings.keyFile)
    clientCA = settings.clientCAFile.map { Self.contents("client CA", $0) }
  }

  private static func contents(_ role: String, _ path: String) -> Result<[UInt8], ListenError> {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      return failure(role, path, "cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var info = stat()
    // A pipe could be read once only, and the watch would never see it again.
    guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
      return failure(role, path, "is no regular file")
    }
    guard info.st_size <= maxBytes else {
      return failure(role, path, "is larger than 1 MiB, so it is no PEM file of certificates")
    }
    var bytes: [UInt8] = []
    while bytes.count <= maxBytes {
      let part = [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
        count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
      }
      if part.isEmpty { break }
      bytes += part
    }
    return .success(bytes)
  }

  private static func failure(
    _ role: String,
    _ path: String,
    _ problem: String
  ) -> Result<[UInt8], ListenError> {
    .failure(ListenError("TLS: the \(role) file \(path) \(problem)"))
  }
}

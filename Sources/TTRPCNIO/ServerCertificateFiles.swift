#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The contents of the files that a ``ServerTLS`` names. A file that cannot be read has an error
/// instead, and so has one that every user may write to, because each could let in anybody.
struct ServerCertificateFiles: Sendable {
  let chain: Result<[UInt8], ListenError>
  let key: Result<[UInt8], ListenError>
  /// Nil if clients need no certificate.
  let clientCA: Result<[UInt8], ListenError>?
  /// True if users besides the server's may read or replace the key.
  let isKeyExposed: Bool

  /// The size from which on a file is no certificate.
  private static let maxBytes = 1 << 20

  /// Reads the files. Blocks for the time of the disk.
  init(_ settings: ServerTLS) {
    var (status, keyStatus) = (stat(), stat())
    chain = Self.contents("certificate", settings.certificateFile, &status)
    key = Self.contents("key", settings.keyFile, &keyStatus)
    clientCA = settings.clientCAFile.map { Self.contents("client CA", $0, &status) }
    isKeyExposed = Self.isExposed(
      mode: UInt32(keyStatus.st_mode),
      owner: keyStatus.st_uid,
      server: geteuid()
    )
  }

  /// Returns true if a file with these permissions belongs to more users than the server's.
  static func isExposed(mode: UInt32, owner: UInt32, server: UInt32) -> Bool {
    // A key of root is the server's by its group only.
    let allowed: UInt32 = owner == 0 && server != 0 ? 0o040 : 0
    return mode & 0o066 & ~allowed != 0
  }

  private static func contents(
    _ role: String,
    _ path: String,
    _ info: inout stat
  ) -> Result<[UInt8], ListenError> {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      return failure(role, path, "cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    // A pipe could be read once only, and the watch would never see it again.
    guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
      return failure(role, path, "is no regular file")
    }
    guard info.st_mode & S_IWOTH == 0 else {
      return failure(
        role,
        path,
        "can be changed by every user of this machine: take the right away with `chmod o-w`"
      )
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

extension ServerCertificateFiles: Equatable {
  /// Compares contents and errors. Permissions that do not matter for these do not count.
  static func == (a: ServerCertificateFiles, b: ServerCertificateFiles) -> Bool {
    a.chain == b.chain && a.key == b.key && a.clientCA == b.clientCA
  }
}

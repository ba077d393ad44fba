package import TTRPC

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file with certificates, a private key or the key of an API, read whole.
package struct CredentialFile: Sendable {
  /// The content.
  package let bytes: [UInt8]
  /// True if every user of the machine may read or replace the content.
  package let isExposed: Bool

  /// The limit of a file, in bytes: some times the CAs of a system.
  private static let maxBytes = 1 << 20

  /// Reads a file. Throws FAILED_PRECONDITION with the system's reason.
  package init(_ path: String) throws(RPCError) {
    guard let file = fopen(path, "re") else { throw Self.unreadable(path) }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: Self.maxBytes + 1)
    let count = fread(&buffer, 1, buffer.count, file)
    if ferror(file) != 0 { throw Self.unreadable(path) }
    guard count <= Self.maxBytes else {
      throw RPCError(
        code: .failedPrecondition,
        message: "\(path) is larger than \(Self.maxBytes) bytes; expected certificates or a key"
      )
    }
    bytes = Array(buffer[..<count])
    var status = stat()
    // Group rights are given on purpose, as to the group of a container.
    isExposed =
      fstat(fileno(file), &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && status.st_mode & 0o006 != 0
  }

  private static func unreadable(_ path: String) -> RPCError {
    let reason = strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
    return RPCError(code: .failedPrecondition, message: "cannot read \(path): \(reason)")
  }
}

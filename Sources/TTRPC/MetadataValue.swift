/// A value in the metadata of a request that is being read. Valid as long as the read buffer is.
public struct MetadataValue {
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The length of the value, in bytes.
  public var count: Int { bytes.count }

  /// A copy of the value.
  public var copy: [UInt8] { [UInt8](bytes) }

  /// Returns true if the value is `secret`. The time depends on the lengths only.
  public func isEqual(to secret: [UInt8]) -> Bool {
    guard secret.count == bytes.count else { return false }
    return secret.withUnsafeBytes { secret in
      var difference: UInt64 = 0
      var index = 0
      while index + 8 <= bytes.count {
        difference |=
          secret.loadUnaligned(fromByteOffset: index, as: UInt64.self)
          ^ bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        index += 8
      }
      while index < bytes.count {
        difference |= UInt64(secret[index] ^ bytes[index])
        index += 1
      }
      return difference == 0
    }
  }
}

/// The values that a request's metadata has for a key that may occur once.
public enum MetadataMatch {
  /// The key does not occur.
  case none
  /// The key occurs once.
  case one(MetadataValue)
  /// The key occurs more than once.
  case several
}

extension MetadataView {
  /// Looks for the values of `key`, a name in lower-case ASCII. Upper-case letters of the request
  /// count as lower-case ones. Allocates nothing.
  public func match(_ key: StaticString) -> MetadataMatch {
    if count == 0 { return .none }
    var match = MetadataMatch.none
    forEach { candidate, value in
      guard Self.isKey(candidate, key) else { return true }
      if case .none = match {
        match = .one(MetadataValue(value))
        return true
      }
      match = .several
      return false
    }
    return match
  }

  private static func isKey(_ bytes: UnsafeRawBufferPointer, _ key: StaticString) -> Bool {
    guard bytes.count == key.utf8CodeUnitCount else { return false }
    for index in 0..<bytes.count where lower(bytes[index]) != key.utf8Start[index] { return false }
    return true
  }
}

@testable import PatronStore

/// Short forms of the cache's calls, with arrays.
extension RecordCache {
  func value(_ key: RecordKey, in count: UInt64? = nil) -> [UInt8]? {
    var found: [UInt8]?
    let isHit = read(key, in: count) { bytes in
      found = []
      for offset in 0..<bytes.byteCount {
        found?.append(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
      }
    }
    return isHit ? found : nil
  }

  func fill(_ key: RecordKey, _ value: [UInt8], count: UInt64) {
    let middle = value.count / 3
    let bytes = value.span.bytes
    fill(
      key,
      bytes.extracting(0..<middle),
      bytes.extracting(middle..<value.count),
      count: count
    )
  }
}

extension RecordKey {
  /// The key of a made-up customer.
  static func customer(_ number: Int) -> RecordKey {
    RecordKey("store-\(number % 3)", .externalID, 0, "customer-\(number)")
  }
}

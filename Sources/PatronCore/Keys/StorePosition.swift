internal import PatronStore

/// The name of a store as the numbers of a page token: eight bytes each, with zeros behind the end.
enum StorePosition {
  static let count = StoreID.maxLength / 8

  static func numbers(_ name: String) -> [Int64] {
    let bytes = Array(name.utf8) + [UInt8](repeating: 0, count: StoreID.maxLength)
    return (0..<count).map { index in
      let word = bytes[index * 8..<index * 8 + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return Int64(bitPattern: word)
    }
  }

  static func name(_ numbers: [Int64]) -> String {
    let bytes = numbers.flatMap { number in
      stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> Int64($0)) }
    }
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}

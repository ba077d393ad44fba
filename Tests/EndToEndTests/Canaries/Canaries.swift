/// Texts that are in records and requests, and the search for them where they must not be.
struct Canaries {
  /// The beginning of every marked text: addresses, names, properties, notes, words of a search.
  static let word = "zqmarilo"
  static let email = "\(word).mail@\(word).example"
  static let phone = "+14155557391"
  static let ip = "203.0.113.77"
  /// The person for whom calls are made. Only the audit log and records may name it.
  static let person = "zqbehalf-7"

  /// Keys, whose secrets must not be anywhere.
  var keys: [String] = []

  /// Returns the places of a text that have a mark, with some letters around them. Spaces,
  /// punctuation and case do not matter.
  func traces(in text: String, person isTrace: Bool = true) -> [String] {
    let plain = Self.plain(text)
    let marks = [Self.word, Self.phone, Self.ip].map(Self.plain) + secrets
    return (marks + (isTrace ? [Self.plain(Self.person)] : [])).compactMap { mark in
      guard let place = plain.firstRange(of: mark) else { return nil }
      let around = plain[max(0, place.lowerBound - 40)..<min(plain.count, place.upperBound + 20)]
      return String(decoding: around, as: UTF8.self)
    }
  }

  /// The secrets of the keys, which stand behind their ids.
  private var secrets: [[UInt8]] {
    keys.compactMap { $0.split(separator: "_").last.map { Self.plain(String($0)) } }
  }

  /// Returns the letters and digits of a text, in lower case.
  private static func plain(_ text: String) -> [UInt8] {
    text.utf8.compactMap { byte in
      switch byte {
      case 0x30...0x39, 0x61...0x7A, 0x80...: byte
      case 0x41...0x5A: byte | 0x20
      default: nil
      }
    }
  }
}

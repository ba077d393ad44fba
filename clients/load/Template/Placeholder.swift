/// A `{{...}}` of a request template: a number that differs from request to request.
///
/// The number depends only on the seed, the request's number and the position in the template. The
/// same seed gives request 1,234 the same content in every run, on any number of threads.
struct Placeholder: Sendable, Equatable {
  enum Source: Sendable, Equatable {
    /// Uniformly distributed in the range, both ends included.
    case random(ClosedRange<Int64>)
    /// The request's number, counted from `start`.
    case sequence(start: Int64)
    /// The caller's number, counted from 1.
    case worker
  }

  let source: Source
  /// Minimum number of characters, padded with zeros; 0 for no padding.
  let width: Int

  /// Maximum number of characters of a number, including its sign.
  static let maxWidth = 20

  /// Parses the text between the braces.
  init(parsing text: String) throws(TemplateError) {
    let words = text.split { $0 == " " || $0 == "\t" }
    var numbers: [Int64] = []
    for word in words.dropFirst() {
      guard let number = Int64(word) else {
        throw TemplateError("{{\(text)}}: \"\(word)\" is not a whole number of 64 bits")
      }
      numbers.append(number)
    }
    switch (words.first, numbers.count) {
    case ("random", 2...3):
      guard numbers[0] <= numbers[1] else {
        throw TemplateError("{{\(text)}}: the first number must not be greater than the second")
      }
      source = .random(numbers[0]...numbers[1])
      width = try Self.width(numbers.dropFirst(2).first, in: text)
    case ("sequence", 0...2):
      source = .sequence(start: numbers.first ?? 1)
      width = try Self.width(numbers.dropFirst().first, in: text)
    case ("worker", 0):
      source = .worker
      width = 0
    default: throw Self.unknown(text)
    }
  }

  /// Returns the number for one request. `salt` differs between the placeholders of a template.
  @inline(__always)
  func value(request: UInt64, worker: Int, salt: UInt64) -> Int64 {
    switch source {
    case .sequence(let start): return start &+ Int64(truncatingIfNeeded: request)
    case .worker: return Int64(worker)
    case .random(let range):
      let bits = Self.mix(salt &+ (request &+ 1) &* 0x9e37_79b9_7f4a_7c15)
      let span = UInt64(bitPattern: range.upperBound &- range.lowerBound)
      // The high half of the product is uniform except for a bias of span / 2^64, which is
      // negligible.
      let offset = span == .max ? bits : bits.multipliedFullWidth(by: span &+ 1).high
      return range.lowerBound &+ Int64(bitPattern: offset)
    }
  }

  /// The finalizer of SplitMix64 (https://prng.di.unimi.it/splitmix64.c).
  @inline(__always)
  static func mix(_ word: UInt64) -> UInt64 {
    var state = word
    state = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
    state = (state ^ (state >> 27)) &* 0x94d0_49bb_1331_11eb
    return state ^ (state >> 31)
  }

  private static func width(_ number: Int64?, in text: String) throws(TemplateError) -> Int {
    guard let number else { return 0 }
    guard (1...Int64(maxWidth)).contains(number) else {
      throw TemplateError("{{\(text)}}: the width is \(number); expected 1 to \(maxWidth)")
    }
    return Int(number)
  }

  private static func unknown(_ text: String) -> TemplateError {
    TemplateError(
      "{{\(text.prefix(64))}} is not a placeholder; expected {{random MIN MAX}}, "
        + "{{random MIN MAX WIDTH}}, {{sequence}}, {{sequence START}}, {{sequence START WIDTH}} "
        + "or {{worker}}"
    )
  }
}

/// An error in a request template, as one line of text.
struct TemplateError: Error, Equatable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

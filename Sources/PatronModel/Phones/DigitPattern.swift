/// A pattern of digits in the syntax of the telephone plans: digits, `\d`, classes, groups,
/// alternatives, `?`, counts such as `{2,4}`, and `$`. Like a regular expression, it takes the
/// first alternative that leads to a match. Unlike one, it has no set-up cost, which matters
/// because every phone number is read by patterns.
struct DigitPattern: Sendable {
  private enum Step {
    /// Matches `count` digits of the set.
    case digits(DigitSet, count: Int)
    /// Continues at the first step and, if that fails, at the second.
    case fork(Int, Int)
    case jump(Int)
    case open(Int)
    case close(Int)
    /// Matches at the end of the digits.
    case end
    case match
  }

  struct Match {
    /// The end, as an index into the digits.
    var end: Int
    /// The ranges of the groups. Empty for a group that took no part.
    var groups: [Range<Int>]
  }

  /// The digits that can begin a match: all of them if a match may be empty.
  let firstDigits: DigitSet
  private let steps: [Step]
  private let groupCount: Int

  /// Reads a pattern of the table. Traps on any other syntax.
  init(_ text: some StringProtocol) {
    var parser = DigitPatternParser(text)
    let tree = parser.alternatives()
    var steps: [Step] = []
    Self.write(tree, to: &steps)
    self.steps = steps + [.match]
    groupCount = parser.groupCount
    let first = tree.first
    firstDigits = first.mayBeEmpty ? .all : first.digits
  }

  /// Returns true if all of `digits` from `start` on are one match.
  func matchesWhole(_ digits: [UInt8], from start: Int = 0) -> Bool {
    var groups: [Range<Int>] = []
    return run(0, start, digits, isWhole: true, &groups) != nil
  }

  /// Returns the match at `start`, or nil if there is none.
  func prefix(of digits: [UInt8], from start: Int = 0) -> Match? {
    guard start < digits.count, firstDigits.contains(digits[start]) else { return nil }
    var groups = [Range<Int>](repeating: 0..<0, count: groupCount)
    guard let end = run(0, start, digits, isWhole: false, &groups) else { return nil }
    return Match(end: end, groups: groups)
  }

  /// Continues at a step and a place. Returns the end of the match, or nil. Records groups as far
  /// as `groups` has room.
  private func run(
    _ step: Int,
    _ place: Int,
    _ digits: [UInt8],
    isWhole: Bool,
    _ groups: inout [Range<Int>]
  ) -> Int? {
    var step = step
    var place = place
    while true {
      switch steps[step] {
      case .digits(let set, let count):
        guard digits.count - place >= count else { return nil }
        for index in place..<place + count where !set.contains(digits[index]) { return nil }
        place += count
        step += 1
      case .fork(let first, let second):
        let kept = groups
        if let end = run(first, place, digits, isWhole: isWhole, &groups) { return end }
        groups = kept
        step = second
      case .jump(let next):
        step = next
      case .open(let group):
        if group < groups.count { groups[group] = place..<digits.count }
        step += 1
      case .close(let group):
        if group < groups.count { groups[group] = groups[group].lowerBound..<place }
        step += 1
      case .end:
        guard place == digits.count else { return nil }
        step += 1
      case .match:
        return isWhole && place != digits.count ? nil : place
      }
    }
  }
}

// MARK: - Steps of a tree

extension DigitPattern {
  private static func write(_ tree: DigitTree, to steps: inout [Step]) {
    switch tree {
    case .digits(let set):
      steps.append(.digits(set, count: 1))
    case .sequence(let parts):
      for part in parts { write(part, to: &steps) }
    case .alternatives(let branches):
      write(branches, to: &steps)
    case .group(let number, let inner):
      steps.append(.open(number))
      write(inner, to: &steps)
      steps.append(.close(number))
    case .counted(.digits(let set), let least, let most):
      if least > 0 { steps.append(.digits(set, count: least)) }
      write(.digits(set), atMost: most - least, to: &steps)
    case .counted(let inner, let least, let most):
      for _ in 0..<least { write(inner, to: &steps) }
      write(inner, atMost: most - least, to: &steps)
    case .end:
      steps.append(.end)
    }
  }

  private static func write(_ branches: [DigitTree], to steps: inout [Step]) {
    var jumps: [Int] = []
    for branch in branches.dropLast() {
      let fork = steps.count
      steps.append(.match)
      write(branch, to: &steps)
      jumps.append(steps.count)
      steps.append(.match)
      steps[fork] = .fork(fork + 1, steps.count)
    }
    if let last = branches.last { write(last, to: &steps) }
    for jump in jumps { steps[jump] = .jump(steps.count) }
  }

  /// Emits the steps of a part that repeats greedily, up to `count` times.
  private static func write(_ tree: DigitTree, atMost count: Int, to steps: inout [Step]) {
    var forks: [Int] = []
    for _ in 0..<count {
      forks.append(steps.count)
      steps.append(.match)
      write(tree, to: &steps)
    }
    for fork in forks { steps[fork] = .fork(fork + 1, steps.count) }
  }
}

/// A set of the ten digits.
struct DigitSet: Sendable {
  private var bits: UInt16 = 0

  static let all = DigitSet(bits: 0x3FF)

  init() {}

  private init(bits: UInt16) { self.bits = bits }

  init(_ range: ClosedRange<UInt8>) { for digit in range { bits |= 1 << UInt16(digit) } }

  func contains(_ digit: UInt8) -> Bool { bits & 1 << UInt16(digit) != 0 }

  mutating func formUnion(_ other: DigitSet) { bits |= other.bits }
}

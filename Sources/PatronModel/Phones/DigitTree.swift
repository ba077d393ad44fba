/// The syntax tree of a ``DigitPattern``.
indirect enum DigitTree {
  case digits(DigitSet)
  case sequence([DigitTree])
  case alternatives([DigitTree])
  /// A capturing group. The first has the number 0.
  case group(Int, DigitTree)
  case counted(DigitTree, least: Int, most: Int)
  /// The end of the digits.
  case end

  /// The digits that can begin a match; `mayBeEmpty` is true if a match may have no digits.
  var first: (digits: DigitSet, mayBeEmpty: Bool) {
    switch self {
    case .digits(let set): return (set, false)
    case .end: return (DigitSet(), true)
    case .group(_, let inner): return inner.first
    case .counted(let inner, let least, _):
      return (inner.first.digits, least == 0 || inner.first.mayBeEmpty)
    case .alternatives(let branches):
      var all = (digits: DigitSet(), mayBeEmpty: false)
      for branch in branches.map(\.first) {
        all.digits.formUnion(branch.digits)
        all.mayBeEmpty = all.mayBeEmpty || branch.mayBeEmpty
      }
      return all
    case .sequence(let parts):
      var all = DigitSet()
      for part in parts.map(\.first) {
        all.formUnion(part.digits)
        if !part.mayBeEmpty { return (all, false) }
      }
      return (all, true)
    }
  }
}

/// A parser of the patterns in the generated table. The table is part of the program, so a pattern
/// that cannot be parsed ends the process; a test reads all plans.
struct DigitPatternParser {
  private var rest: [UInt8]
  private(set) var groupCount = 0

  init(_ text: some StringProtocol) { rest = Array(text.utf8.reversed()) }

  /// Reads up to the end, or to the bracket that closes a group.
  mutating func alternatives() -> DigitTree {
    var branches = [sequence()]
    while take("|") { branches.append(sequence()) }
    return branches.count == 1 ? branches[0] : .alternatives(branches)
  }

  private mutating func sequence() -> DigitTree {
    var parts: [DigitTree] = []
    while let byte = rest.last, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
      rest.removeLast()
      let part = part(byte)
      parts.append(counted(part))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func part(_ byte: UInt8) -> DigitTree {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      return .digits(DigitSet(byte - UInt8(ascii: "0")...byte - UInt8(ascii: "0")))
    case UInt8(ascii: "\\"):
      precondition(take("d"), "a telephone plan has a class that is not of digits")
      return .digits(.all)
    case UInt8(ascii: "["):
      return .digits(set())
    case UInt8(ascii: "$"):
      return .end
    default:
      precondition(byte == UInt8(ascii: "("), "a telephone plan has an unknown character")
      return group()
    }
  }

  private mutating func group() -> DigitTree {
    var number: Int?
    if take("?") {
      precondition(take(":"), "a telephone plan has a group of an unknown kind")
    } else {
      number = groupCount
      groupCount += 1
    }
    let inner = alternatives()
    precondition(take(")"), "a telephone plan has a group without end")
    return number.map { .group($0, inner) } ?? inner
  }

  private mutating func set() -> DigitSet {
    var set = DigitSet()
    while !take("]") {
      let from = digit()
      set.formUnion(DigitSet(from...(take("-") ? digit() : from)))
    }
    return set
  }

  private mutating func counted(_ part: DigitTree) -> DigitTree {
    if take("?") { return .counted(part, least: 0, most: 1) }
    guard take("{") else { return part }
    let least = number()
    let most = take(",") ? number() : least
    precondition(take("}"), "a telephone plan has a count without end")
    return .counted(part, least: least, most: most)
  }

  private mutating func number() -> Int {
    var value = Int(digit())
    while let byte = rest.last, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      value = value * 10 + Int(digit())
    }
    return value
  }

  private mutating func digit() -> UInt8 {
    guard let byte = rest.popLast(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
      preconditionFailure("a telephone plan lacks a digit")
    }
    return byte - UInt8(ascii: "0")
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard rest.last == UInt8(ascii: scalar) else { return false }
    rest.removeLast()
    return true
  }
}

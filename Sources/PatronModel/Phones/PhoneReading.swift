/// An interpretation of written digits: a calling code and a number. The steps are those of
/// libphonenumber.
struct PhoneReading: Equatable {
  /// The calling code and the number's own digits.
  let digits: [UInt8]
  private let codeLength: Int
  private let plans: PhonePlanList

  static func == (left: Self, right: Self) -> Bool { left.digits == right.digits }

  /// Reads digits that begin with a calling code. Fails if the code is not assigned.
  init?(international digits: [UInt8]) {
    guard let (plans, codeLength) = PhonePlans.world.plans(of: digits) else { return nil }
    let number = plans.main.significant(Array(digits[codeLength...]))
    self.init(code: Array(digits[..<codeLength]), number, plans)
  }

  /// Reads digits as they are dialled in the country of a plan: behind the international prefix, or
  /// with the country's calling code if only that yields a number, or else as a national number.
  init?(dialled digits: [UInt8], in plan: PhonePlan) {
    if let abroad = plan.abroad(digits) {
      self.init(international: abroad)
      return
    }
    guard let (plans, _) = PhonePlans.world.plans(of: plan.code + [0]) else { return nil }
    if digits.starts(with: plan.code) {
      let rest = plan.withoutPrefix(Array(digits[plan.code.count...]))
      if plan.isTooLong(digits) || (!plan.isViable(digits) && plan.isViable(rest)) {
        self.init(code: plan.code, plans.main.significant(rest), plans)
        return
      }
    }
    self.init(code: plan.code, plan.significant(digits), plans)
  }

  private init(code: [UInt8], _ number: [UInt8], _ plans: PhonePlanList) {
    digits = code + number
    codeLength = code.count
    self.plans = plans
  }

  /// True if a plan of the calling code takes the number, and its length fits E.164.
  var isTaken: Bool {
    guard PhoneNumber.digitCount.contains(digits.count) else { return false }
    let number = Array(digits[codeLength...])
    return plans.contains { $0.takes(number) }
  }

  /// True if the number lies in an assigned range.
  var isKnown: Bool {
    guard PhoneNumber.digitCount.contains(digits.count) else { return false }
    let number = Array(digits[codeLength...])
    return plans.contains { $0.knows(number) }
  }
}

/// The choice between the interpretations of written digits.
enum PhoneReadings {
  /// Decides on the interpretation of digits without `+`.
  ///
  /// A number outside all assigned ranges of the country, which would lie in an assigned range of
  /// another country with a `+`, most likely lost its `+`: it does not count as one of the
  /// country's.
  static func decide(_ digits: [UInt8], in country: CountryCode?) -> Decision {
    let decision = decide(of(digits, in: country))
    guard let country, let plan = PhonePlans.world.plan(of: country),
      case .one(let reading) = decision, reading.digits == plan.code + digits, !reading.isKnown,
      PhoneReading(international: digits)?.isKnown == true
    else { return decision }
    return .several
  }

  /// Decides between the readings. If several are possible, a number in an assigned range takes
  /// precedence over one outside of any: `447700900123` in Britain is +44 7700 900123. If two are
  /// equally good, nothing is guessed.
  private static func decide(_ readings: [PhoneReading]) -> Decision {
    var taken: [PhoneReading] = []
    for reading in readings where reading.isTaken && !taken.contains(reading) {
      taken.append(reading)
    }
    guard let first = taken.first else { return .none }
    if taken.count == 1 { return .one(first) }
    let known = taken.filter(\.isKnown)
    return known.count == 1 ? .one(known[0]) : .several
  }

  enum Decision {
    case none
    case one(PhoneReading)
    case several
  }

  /// Returns the readings of digits without `+`.
  ///
  /// - Parameter country: The country of numbers without a calling code; nil if unknown.
  private static func of(_ digits: [UInt8], in country: CountryCode?) -> [PhoneReading] {
    var readings: [PhoneReading?] = []
    if let country, let plan = PhonePlans.world.plan(of: country) {
      readings.append(PhoneReading(dialled: digits, in: plan))
      // The calling code without its plus.
      if digits.starts(with: plan.code) { readings.append(PhoneReading(international: digits)) }
      // Mexico's former 1 stood behind +52 alone: without it, a 1 may be North America's code.
      if digits.first == 1, plan.code != [1], plan.trunkPrefixes.contains([1]) {
        readings.append(PhoneReading(international: digits))
      }
    }
    // `00` is accepted everywhere, even if the country has another international prefix.
    if digits.starts(with: [0, 0]) {
      readings.append(PhoneReading(international: Array(digits[2...])))
    }
    return readings.compactMap(\.self)
  }
}

internal import Synchronization

/// The telephone plans of the world. Each is parsed when it is first needed. Any thread may use it.
final class PhonePlans: Sendable {
  static let world = PhonePlans(PhonePlanTable.text)

  private let lines: [Substring]
  private let byRegion: [Substring: Int]
  /// Line indexes by calling code. The main plan of a code comes first.
  private let byCode: [[Int]]
  private let plans: Mutex<[PhonePlan?]>

  private init(_ table: String) {
    lines = table.split(separator: "\n")
    var byRegion: [Substring: Int] = [:]
    var byCode = [[Int]](repeating: [], count: 1000)
    for (index, line) in lines.enumerated() {
      let fields = line.split(separator: " ", maxSplits: 2)
      byRegion[fields[0]] = index
      byCode[Int(fields[1]) ?? 0].append(index)
    }
    self.byRegion = byRegion
    self.byCode = byCode
    plans = Mutex([PhonePlan?](repeating: nil, count: lines.count))
  }

  /// Returns the plan for numbers without a calling code. A territory without a plan of its own has
  /// that of the network that serves it.
  func plan(of country: CountryCode) -> PhonePlan? {
    if let index = byRegion[country.code[...]] { return plan(index) }
    return byCode[country.callingCode].first.map(plan)
  }

  /// Returns the plans of the calling code that an international number begins with, the main plan
  /// first, and the length of the code. Returns nil if the code is not assigned.
  func plans(of digits: [UInt8]) -> (plans: PhonePlanList, codeLength: Int)? {
    var code = 0
    for length in 1...3 where length < digits.count {
      code = code * 10 + Int(digits[length - 1])
      if code == 0 { return nil }
      if !byCode[code].isEmpty { return (PhonePlanList(world: self, lines: byCode[code]), length) }
    }
    return nil
  }

  fileprivate func plan(_ index: Int) -> PhonePlan {
    plans.withLock { plans in
      if let plan = plans[index] { return plan }
      let plan = PhonePlan(lines[index])
      plans[index] = plan
      return plan
    }
  }
}

/// The plans that share a calling code. They are parsed one by one, because the first is usually
/// sufficient.
struct PhonePlanList {
  fileprivate let world: PhonePlans
  fileprivate let lines: [Int]

  /// The main plan of the code.
  var main: PhonePlan { world.plan(lines[0]) }

  func contains(where holds: (PhonePlan) -> Bool) -> Bool {
    lines.contains { holds(world.plan($0)) }
  }
}

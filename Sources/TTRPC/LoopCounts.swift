/// The counts of what the connections of an I/O loop have done since the start of the server. Sums
/// of several loops are counts too.
package struct LoopCounts: Sendable, Equatable {
  /// The number of methods. Calls of methods that do not exist are counted under this index.
  package let methods: Int
  /// Ended calls by method and status code; see ``calls(_:_:)``.
  private var calls: [UInt64]
  /// Ended unary calls by method and duration; see ``durations(_:)``.
  private var durations: [UInt64]
  /// The time that unary calls took, by method, in ticks.
  private var ticks: [UInt64]
  private var refusals: [UInt64]
  /// Connections that have ended, by the label of the reason.
  package private(set) var closed: [String: UInt64] = [:]
  /// Connections that are open, by their transport.
  package private(set) var open: [Int]
  /// The bytes that clients have sent, without those of TLS.
  package internal(set) var bytesIn: UInt64 = 0
  /// The bytes that were sent to clients, without those of TLS.
  package internal(set) var bytesOut: UInt64 = 0

  /// The status codes 0 to 16. Others count as UNKNOWN.
  package static let codes = 17
  /// The upper bounds of the durations that are told apart, in microseconds.
  package static let boundsMicros: [Int64] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000,
    10_000_000,
  ]
  /// A bucket for each bound, and one for what is longer.
  private static let buckets = boundsMicros.count + 1

  /// Creates counts of zero for so many methods.
  package init(methods: Int) {
    self.methods = methods
    calls = Array(repeating: 0, count: (methods + 1) * Self.codes)
    durations = Array(repeating: 0, count: (methods + 1) * Self.buckets)
    ticks = Array(repeating: 0, count: methods + 1)
    refusals = Array(repeating: 0, count: RefusedLimit.allCases.count)
    open = Array(repeating: 0, count: Transport.allCases.count)
  }

  /// Returns the calls of a method that ended with a code.
  package func calls(_ method: Int, _ code: StatusCode) -> UInt64 {
    calls[method * Self.codes + Self.index(of: code)]
  }

  /// Returns the unary calls of a method by duration: one number for each of ``boundsMicros``, and
  /// one for calls that took longer.
  package func durations(_ method: Int) -> ArraySlice<UInt64> {
    durations[method * Self.buckets..<(method + 1) * Self.buckets]
  }

  /// Returns the time that the unary calls of a method took, in seconds.
  package func seconds(_ method: Int) -> Double { LoopTicks.seconds(ticks[method]) }

  /// Returns the calls and connections that a limit has refused.
  package func refusals(_ limit: RefusedLimit) -> UInt64 { refusals[limit.rawValue] }

  /// Returns the open connections of a transport.
  package func open(_ transport: Transport) -> Int { open[transport.rawValue] }

  mutating func countCall(_ method: Int, _ code: StatusCode) {
    calls[method * Self.codes + Self.index(of: code)] &+= 1
  }

  mutating func countDuration(_ method: Int, _ bucket: Int, _ duration: Int64) {
    durations[method * Self.buckets + bucket] &+= 1
    ticks[method] &+= UInt64(duration)
  }

  mutating func countRefusal(_ limit: RefusedLimit) { refusals[limit.rawValue] &+= 1 }

  mutating func countOpening(_ transport: Transport) { open[transport.rawValue] += 1 }

  mutating func countEnd(_ transport: Transport, _ label: String) {
    open[transport.rawValue] -= 1
    closed[label, default: 0] &+= 1
  }

  /// Adds the counts of another loop of the same server.
  package mutating func add(_ other: LoopCounts) {
    func sum(_ a: inout [UInt64], _ b: [UInt64]) {
      for index in a.indices where index < b.count { a[index] &+= b[index] }
    }
    sum(&calls, other.calls)
    sum(&durations, other.durations)
    sum(&ticks, other.ticks)
    sum(&refusals, other.refusals)
    for index in open.indices { open[index] += other.open[index] }
    closed.merge(other.closed) { $0 &+ $1 }
    bytesIn &+= other.bytesIn
    bytesOut &+= other.bytesOut
  }

  private static func index(of code: StatusCode) -> Int {
    let index = Int(code.rawValue)
    return (0..<codes).contains(index) ? index : Int(StatusCode.unknown.rawValue)
  }
}

/// The transports of connections, as metrics tell them apart.
package enum Transport: Int, Sendable, CaseIterable {
  case tcp
  case tls
  case unix
  /// The operator's socket.
  case `operator`

  /// The value of the label.
  package var label: String {
    switch self {
    case .tcp: "tcp"
    case .tls: "tls"
    case .unix: "unix"
    case .operator: "operator"
    }
  }
}

/// Times in ticks of 2^30 attoseconds, which is 1.07 ns: a time becomes ticks without a division.
enum LoopTicks {
  private static let anchor = ContinuousClock.now
  private static let attosecondsOfTick = Double(1 << 30)

  /// Returns the ticks since a moment of the process's start.
  static func at(_ time: ContinuousClock.Instant) -> Int64 { of(anchor.duration(to: time)) }

  static func of(_ duration: Duration) -> Int64 {
    Int64(truncatingIfNeeded: duration.attoseconds >> 30)
  }

  static func duration(_ ticks: Int64) -> Duration {
    Duration(attoseconds: Int128(ticks) << 30)
  }

  static func seconds(_ ticks: UInt64) -> Double { Double(ticks) * attosecondsOfTick / 1e18 }
}

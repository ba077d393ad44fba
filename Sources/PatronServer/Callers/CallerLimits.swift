/// The limits of the calls of one key or one store. 0 is no limit.
package struct CallerLimits: Sendable, Hashable {
  /// Calls that begin in a second.
  package var callsPerSecond = 0
  /// Records that are written in a second; each item of a batch counts.
  package var writesPerSecond = 0
  /// Bytes of requests and of answers to unary calls in a second.
  package var bytesPerSecond = 0
  /// Calls and streams that are open at once.
  package var callsAtOnce = 0
  /// Exports that are open at once.
  package var scansAtOnce = 0

  /// No limits.
  package init() {}

  /// True if nothing is limited.
  package var isEmpty: Bool { self == CallerLimits() }

  /// Returns the limits with those of `defaults` in place of zeros.
  package func filled(from defaults: CallerLimits) -> CallerLimits {
    func pick(_ own: Int, _ other: Int) -> Int { own > 0 ? own : other }
    var limits = self
    limits.callsPerSecond = pick(callsPerSecond, defaults.callsPerSecond)
    limits.writesPerSecond = pick(writesPerSecond, defaults.writesPerSecond)
    limits.bytesPerSecond = pick(bytesPerSecond, defaults.bytesPerSecond)
    limits.callsAtOnce = pick(callsAtOnce, defaults.callsAtOnce)
    limits.scansAtOnce = pick(scansAtOnce, defaults.scansAtOnce)
    return limits
  }

  /// Returns the lower of both limits for each of them.
  package func lowered(to others: CallerLimits) -> CallerLimits {
    func lower(_ own: Int, _ other: Int) -> Int {
      own > 0 && other > 0 ? min(own, other) : max(own, other)
    }
    var limits = self
    limits.callsPerSecond = lower(callsPerSecond, others.callsPerSecond)
    limits.writesPerSecond = lower(writesPerSecond, others.writesPerSecond)
    limits.bytesPerSecond = lower(bytesPerSecond, others.bytesPerSecond)
    limits.callsAtOnce = lower(callsAtOnce, others.callsAtOnce)
    limits.scansAtOnce = lower(scansAtOnce, others.scansAtOnce)
    return limits
  }
}

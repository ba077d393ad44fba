import NIOCore
import Synchronization
import TTRPC

/// The state that the loops of one run share. All members are safe to use from any thread.
final class RunState: Sendable {
  enum Phase: UInt8, AtomicRepresentable {
    case warmup
    case measuring
    /// No more requests are sent.
    case stopping
  }

  /// The reason why no more requests are sent.
  enum EndReason: UInt8, AtomicRepresentable {
    /// The requested number was sent.
    case total
    /// The duration has elapsed.
    case duration
    /// The user interrupted the run.
    case interrupted
    /// The server could no longer be reached.
    case unreachable
  }

  /// A request that a caller may send.
  struct Claim {
    let request: UInt64
    let isMeasured: Bool
  }

  private let settings: LoadSettings
  private let phase = Atomic(Phase.warmup)
  private let reason = Atomic(EndReason.total)
  private let requests = Atomic<UInt64>(0)
  private let measuredRequests = Atomic<UInt64>(0)
  private let warmupAnswers = Atomic<UInt64>(0)
  private let warmupEnd = Atomic<UInt64>(0)
  private let measuringStart = Atomic<UInt64>(0)
  private let loopsDone = Atomic(0)
  private let cpuAtStart = Mutex(CPUTime.zero)
  private let localError = Mutex<(any Error)?>(nil)
  private let isLetIn = Atomic(false)
  private let refusals = Atomic(0)

  init(_ settings: LoadSettings) { self.settings = settings }

  /// The current time in nanoseconds of the monotonic clock, to which all times are compared.
  @inline(__always)
  static func now() -> UInt64 { NIODeadline.now().uptimeNanoseconds }

  /// Starts the warm-up of a closed loop at `now`.
  func start(at now: UInt64) {
    warmupEnd.store(now &+ settings.warmup.nanoseconds, ordering: .releasing)
  }

  /// Start of the measurement, in nanoseconds of the monotonic clock; 0 before.
  var measuringStartTime: UInt64 { measuringStart.load(ordering: .acquiring) }
  /// Processor time of the process at the start of the measurement.
  var measuringStartCPU: CPUTime { cpuAtStart.withLock { $0 } }
  /// The reason why the run ended.
  var endReason: EndReason { reason.load(ordering: .acquiring) }
  var isStopping: Bool { phase.load(ordering: .acquiring) == .stopping }
  /// Number of loops that have finished.
  var finishedLoops: Int { loopsDone.load(ordering: .acquiring) }
  /// The error that stopped the run, if any: a local one, or a refusal of every call.
  var error: (any Error)? { localError.withLock { $0 } }

  /// Returns the next request of a closed loop, or nil if there is none.
  func claim(_ now: UInt64) -> Claim? {
    switch phase.load(ordering: .acquiring) {
    case .stopping: return nil
    case .measuring: break
    case .warmup:
      guard now >= warmupEnd.load(ordering: .acquiring),
        warmupAnswers.load(ordering: .relaxed) >= settings.skipFirst
      else { return Claim(request: nextRequest(), isMeasured: false) }
      beginMeasuring(at: now)
    }
    if let duration = settings.duration, now &- measuringStartTime >= duration.nanoseconds,
      now >= measuringStartTime
    {
      stop(.duration)
      return nil
    }
    if let total = settings.total {
      let index = measuredRequests.wrappingAdd(1, ordering: .relaxed).oldValue
      if index >= total {
        stop(.total)
        return nil
      }
    }
    return Claim(request: nextRequest(), isMeasured: true)
  }

  /// Starts the measurement. Later calls have no effect.
  func beginMeasuring(at now: UInt64) {
    let (isFirst, _) = measuringStart.compareExchange(
      expected: 0,
      desired: max(now, 1),
      ordering: .acquiringAndReleasing
    )
    guard isFirst else { return }
    cpuAtStart.withLock { $0 = .now }
    _ = phase.compareExchange(
      expected: .warmup,
      desired: .measuring,
      ordering: .acquiringAndReleasing
    )
  }

  /// Stops sending requests. The first reason is kept.
  func stop(_ why: EndReason) {
    if phase.exchange(.stopping, ordering: .acquiringAndReleasing) != .stopping {
      reason.store(why, ordering: .releasing)
    }
  }

  /// Notes that the plan of one loop has ended; the others complete theirs.
  func planEnded(_ why: EndReason) {
    if !isStopping { reason.store(why, ordering: .releasing) }
  }

  /// Notes that the server has let a call in.
  func letIn() { isLetIn.store(true, ordering: .relaxed) }

  /// Refused calls before the run is given up, if none was let in. A key that is missing or wrong
  /// is so for all calls; a store of others may be in some requests.
  private static let maxRefusals = 10

  /// Notes a call that the server has refused because of who called. Stops the run if it refuses
  /// all.
  func refused(_ error: RPCError) {
    let count = refusals.wrappingAdd(1, ordering: .relaxed).newValue
    let enough = error.code == .unauthenticated ? 1 : min(settings.callers, Self.maxRefusals)
    if count >= enough, !isLetIn.load(ordering: .relaxed) { stop(error) }
  }

  /// Stops the run because of an error.
  func stop(_ error: any Error) {
    localError.withLock { $0 = $0 ?? error }
    stop(.interrupted)
  }

  func answeredInWarmup() { warmupAnswers.wrappingAdd(1, ordering: .relaxed) }

  func loopFinished() { loopsDone.wrappingAdd(1, ordering: .releasing) }

  private func nextRequest() -> UInt64 {
    requests.wrappingAdd(1, ordering: .relaxed).oldValue
  }
}

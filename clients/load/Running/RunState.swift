import NIOCore
import Synchronization

/// What the loops of one run share.
final class RunState: Sendable {
  /// Where the run is.
  enum Phase: UInt8, AtomicRepresentable {
    case warmup
    case measuring
    /// No request is sent any more.
    case stopping
  }

  /// Why no more requests were sent.
  enum EndReason: UInt8, AtomicRepresentable {
    /// As many were sent as were asked for.
    case total
    /// The time was over.
    case duration
    /// The user interrupted the run.
    case interrupted
    /// The server could not be reached any more.
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
  private let localError = Mutex<TemplateError?>(nil)

  init(_ settings: LoadSettings) { self.settings = settings }

  /// The time that all others are compared with, in nanoseconds of the monotonic clock.
  @inline(__always)
  static func now() -> UInt64 { NIODeadline.now().uptimeNanoseconds }

  /// Starts the warm-up of a closed loop at `now`.
  func start(at now: UInt64) {
    warmupEnd.store(now &+ settings.warmup.nanoseconds, ordering: .releasing)
  }

  /// When measuring began, or 0.
  var measuringStartTime: UInt64 { measuringStart.load(ordering: .acquiring) }
  /// What the process had used of the processor by then.
  var measuringStartCPU: CPUTime { cpuAtStart.withLock { $0 } }
  /// Why the run ended.
  var endReason: EndReason { reason.load(ordering: .acquiring) }
  var isStopping: Bool { phase.load(ordering: .acquiring) == .stopping }
  /// Loops that have nothing left to do.
  var finishedLoops: Int { loopsDone.load(ordering: .acquiring) }
  /// What stopped the run on this side.
  var error: TemplateError? { localError.withLock { $0 } }

  /// The next request of a closed loop, or nil when there is none.
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

  /// The first caller begins the measurement; later calls do nothing.
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

  /// No request is sent any more; the first reason stands.
  func stop(_ why: EndReason) {
    if phase.exchange(.stopping, ordering: .acquiringAndReleasing) != .stopping {
      reason.store(why, ordering: .releasing)
    }
  }

  /// The plan of one loop has come to its end; the others go on to theirs.
  func planEnded(_ why: EndReason) {
    if !isStopping { reason.store(why, ordering: .releasing) }
  }

  /// The run cannot go on because of something on this side.
  func stop(_ error: TemplateError) {
    localError.withLock { $0 = $0 ?? error }
    stop(.interrupted)
  }

  func answeredInWarmup() { warmupAnswers.wrappingAdd(1, ordering: .relaxed) }

  func loopFinished() { loopsDone.wrappingAdd(1, ordering: .releasing) }

  private func nextRequest() -> UInt64 {
    requests.wrappingAdd(1, ordering: .relaxed).oldValue
  }
}

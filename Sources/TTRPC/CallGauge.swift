import Synchronization

/// The number of calls in flight on all connections of a server, which may run on several threads.
///
/// A connection reads it before it dispatches a call and raises it only when the call stays
/// pending. Each thread can therefore pass the limit by the calls that it is dispatching at that
/// moment.
public final class CallGauge: Sendable {
  private let value = Atomic<Int>(0)

  /// Creates a gauge with no calls in flight.
  public init() {}

  /// Calls in flight now. Readable on any thread; the value may be out of date when it is returned.
  public var count: Int { value.load(ordering: .relaxed) }

  func add(_ difference: Int) { value.wrappingAdd(difference, ordering: .relaxed) }
}

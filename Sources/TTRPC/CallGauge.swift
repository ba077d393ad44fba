import Synchronization

/// Counts the calls in flight of all connections of a server, which may run on several threads.
///
/// It is looked at before a call is dispatched and raised only when the call stays pending, so
/// each thread may pass the limit by the calls it is dispatching just then.
public final class CallGauge: Sendable {
  private let value = Atomic<Int>(0)

  /// Nothing in flight.
  public init() {}

  /// Calls in flight now.
  public var count: Int { value.load(ordering: .relaxed) }

  func add(_ difference: Int) { value.wrappingAdd(difference, ordering: .relaxed) }
}

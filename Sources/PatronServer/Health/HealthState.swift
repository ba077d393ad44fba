package import PatronProto
internal import Synchronization

/// Whether the server and each of its services take calls, and who is to be told when that changes.
package final class HealthState: Sendable {
  /// A state of `grpc.health.v1`.
  package typealias Status = GRPCHealth.HealthCheckResponse.ServingStatus

  private struct State {
    var statuses: [String: Status]
    var watchers: [Int: Watcher] = [:]
    var lastWatcher = 0
    var hasEnded = false
  }

  private struct Watcher: Sendable {
    var service: String
    var tell: @Sendable (Status) -> Void
    var end: @Sendable () -> Void
  }

  private let state: Mutex<State>

  /// All of `services`, and the server as a whole under the empty name, are serving.
  package init(services: [String]) {
    let names = [""] + services
    state = Mutex(State(statuses: Dictionary(uniqueKeysWithValues: names.map { ($0, .serving) })))
  }

  /// Sets every service to one state and tells the watchers.
  package func setAll(_ status: Status) {
    let told = state.withLock { state in
      state.statuses = state.statuses.mapValues { _ in status }
      return state.watchers.values.filter { state.statuses[$0.service] != nil }
    }
    for watcher in told { watcher.tell(status) }
  }

  /// Nothing is served any more: tells the watchers and ends every watch, also those that begin
  /// later, so that a drain has not to wait for them.
  package func end() {
    setAll(.notServing)
    let ended = state.withLock { state in
      defer { state.watchers.removeAll() }
      state.hasEnded = true
      return Array(state.watchers.values)
    }
    for watcher in ended { watcher.end() }
  }

  /// Whether a watch that begins now is to end at once.
  var hasEnded: Bool { state.withLock { $0.hasEnded } }

  /// The state of a service; nil when it is unknown.
  package func status(of service: String) -> Status? { state.withLock { $0.statuses[service] } }

  /// The states of all services.
  package var all: [String: Status] { state.withLock { $0.statuses } }

  /// Has `tell` called with every change and `end` after the last; returns the state now and a
  /// number for ``unwatch(_:)``.
  package func watch(
    _ service: String,
    _ tell: @escaping @Sendable (Status) -> Void,
    end: @escaping @Sendable () -> Void
  ) -> (status: Status, watcher: Int) {
    state.withLock { state in
      state.lastWatcher += 1
      state.watchers[state.lastWatcher] = Watcher(service: service, tell: tell, end: end)
      return (state.statuses[service] ?? .serviceUnknown, state.lastWatcher)
    }
  }

  /// Ends a watch.
  func unwatch(_ watcher: Int) { state.withLock { _ = $0.watchers.removeValue(forKey: watcher) } }
}

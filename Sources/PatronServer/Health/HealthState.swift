package import PatronProto
internal import Synchronization

/// The serving states of the server and each of its services, with the watchers to notify of
/// changes. Usable on any thread.
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

  /// Creates a state in which all of `services` are serving, and the server as a whole under the
  /// empty name.
  package init(services: [String]) {
    let names = [""] + services
    state = Mutex(State(statuses: Dictionary(uniqueKeysWithValues: names.map { ($0, .serving) })))
  }

  /// Sets every service to one state and notifies the watchers.
  package func setAll(_ status: Status) {
    let told = state.withLock { state in
      state.statuses = state.statuses.mapValues { _ in status }
      return state.watchers.values.filter { state.statuses[$0.service] != nil }
    }
    for watcher in told { watcher.tell(status) }
  }

  /// Sets every service to not serving, notifies the watchers and ends every watch. A watch that
  /// begins later ends at once, so that a drain does not wait for it.
  package func end() {
    setAll(.notServing)
    let ended = state.withLock { state in
      defer { state.watchers.removeAll() }
      state.hasEnded = true
      return Array(state.watchers.values)
    }
    for watcher in ended { watcher.end() }
  }

  /// True after ``end()``: a watch that begins now must end at once.
  var hasEnded: Bool { state.withLock { $0.hasEnded } }

  /// Returns the state of a service, or nil if the service is unknown.
  package func status(of service: String) -> Status? { state.withLock { $0.statuses[service] } }

  /// The states of all services.
  package var all: [String: Status] { state.withLock { $0.statuses } }

  /// Registers a watcher: `tell` is called with every change, and `end` after the last. Both run on
  /// the thread that makes the change. Returns the current state, and a number for ``unwatch(_:)``.
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

  /// Removes a watcher. Its `end` is not called.
  func unwatch(_ watcher: Int) { state.withLock { _ = $0.watchers.removeValue(forKey: watcher) } }
}

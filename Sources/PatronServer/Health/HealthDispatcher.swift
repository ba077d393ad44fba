internal import PatronProto
package import PatronStore
internal import ProtobufC
package import TTRPC

/// Serves `grpc.health.v1.Health`: Check, List and Watch. They need no key; a call with one lets
/// its connection prove who it is.
package final class HealthDispatcher: CallDispatcher {
  /// The methods that every dispatcher of health serves.
  package static let served: [Method] = GRPCHealth.Health.methods
  /// Check, List and Watch.
  package let methods: [Method] = HealthDispatcher.served
  private let health: HealthState
  private let gate: Gate
  private let clock: WallClock

  /// Creates a dispatcher that answers from `health`, behind the gate of its server.
  package init(_ health: HealthState, gate: Gate = .open, clock: WallClock = .system) {
    self.health = health
    self.gate = gate
    self.clock = clock
  }

  /// Answers Check and List.
  package func unary(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ response: inout ResponseBuffer
  ) -> UnaryOutcome {
    do {
      try gate.greet(call, at: clock.now())
      switch methods[method] {
      case GRPCHealth.Health.check.method: try check(payload, &response)
      case GRPCHealth.Health.list.method: try list(&response)
      default: return .failed(.internalError)
      }
      return .replied
    } catch {
      return .failed(.from(error))
    }
  }

  /// Answers Watch: sends the current state, and then every change.
  package func open(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ stream: any ServerStream
  ) {
    do {
      try gate.greet(call, at: clock.now())
      let request = try GRPCHealth.HealthCheckRequest(decoding: payload)
      let (status, watcher) = health.watch(request.service) {
        Self.send($0, to: stream)
      } end: {
        stream.finish(nil)
      }
      stream.onCancel { [health] _ in health.unwatch(watcher) }
      Self.send(status, to: stream)
      if health.hasEnded { stream.finish(nil) }
    } catch {
      stream.finish(.from(error))
    }
  }

  private func check(
    _ payload: RawSpan,
    _ response: inout ResponseBuffer
  ) throws {
    let request = try GRPCHealth.HealthCheckRequest(decoding: payload)
    guard let status = health.status(of: request.service) else {
      throw RPCError.reason(
        .notFound,
        "SERVICE_UNKNOWN",
        "The server has no such service. Send no name, or list the services with Health/List."
      )
    }
    try response.append(GRPCHealth.HealthCheckResponse.with { $0.status = status })
  }

  private func list(_ response: inout ResponseBuffer) throws {
    try response.append(
      GRPCHealth.HealthListResponse.with { list in
        list.statuses = health.all.mapValues { status in .with { $0.status = status } }
      }
    )
  }

  private static func send(_ status: HealthState.Status, to stream: any ServerStream) {
    guard let bytes = try? GRPCHealth.HealthCheckResponse.with({ $0.status = status }).encoded()
    else { return }
    stream.send(bytes)
  }
}

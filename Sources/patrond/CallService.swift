import Foundation
import Logging
import PatronOps
import PatronProto
import PatronServer
import PatronService
import PatronStore
import ServiceLifecycle
import TTRPC
import TTRPCNIO

/// The listeners and the calls in flight. On shutdown it reports NOT_SERVING, ends the watches and
/// finishes the calls within the grace period.
struct CallService: Service {
  let store: Store
  let gate: Gate
  let watches: WatchHub
  let addresses: [ListenAddress]
  let configuration: TTRPCServer.Configuration
  let clock: WallClock
  let log: ServerLog
  /// What the operator's listener shows; nil for a process that has none.
  var ops: Ops?
  /// The socket of the service manager; nil without one.
  let notify: NotifySocket?
  /// The state of the server for GetStatus; nil for a process that has none.
  var board: StatusBoard?
  /// The least time of a slow call; nil if none is logged.
  let slowCall: Duration?
  /// Called once with the addresses that are listened on.
  let onReady: @Sendable ([ListenAddress]) -> Void

  /// The state that an operator's listener shows, and a part of it that the service does not have.
  struct Ops: Sendable {
    let state: OpsState
    let failures: AuthenticationFailures
  }

  /// The names of the services whose health is known.
  static let services = [
    CustomerService.name, TimelineService.name, AdminService.name, OperationsService.name,
  ]

  func run() async throws {
    let health = HealthState(services: Self.services)
    let server = try await listen(health)
    if let problem = server.operatorSocketError {
      log[.server].warning(
        "\(problem); `patrond keys` and `patrond stores` work only while no server runs"
      )
    }
    ops?.state.serves(
      OpsState.Parts(
        server: server,
        store: store,
        watches: watches,
        failures: ops?.failures,
        limits: configuration.limits
      )
    )
    onReady(server.addresses)
    try await waitForShutdown(of: server)
    log[.server].info("finishing the calls in flight")
    ops?.state.drains()
    notify?.send("STOPPING=1", "STATUS=finishing the calls in flight")
    health.end()
    watches.end()
    let isClean = await server.drain()
    ops?.state.ends()
    await server.shutdown()
    if !isClean { log[.server].warning("calls that exceeded the grace period were cancelled") }
  }

  /// Waits for the shutdown. Meanwhile logs once a second what was refused.
  private func waitForShutdown(of server: TTRPCServer) async throws {
    let told = Task {
      var lines = ConnectionLog(connections: log[.connections], calls: log[.calls])
      while !Task.isCancelled {
        try? await Task.sleep(for: .seconds(1))
        let counts = await server.counts(within: .milliseconds(500)).compactMap(\.self)
        // Without the counts of each loop the sum would be lower than before.
        guard counts.count == server.loopCount, var sum = counts.first else { continue }
        for other in counts.dropFirst() { sum.add(other) }
        lines.tell(sum)
      }
    }
    defer { told.cancel() }
    try await gracefulShutdown()
  }

  /// Starts to listen. The caller stops the server.
  func listen(_ health: HealthState) async throws -> TTRPCServer {
    let routes = Routes.patron { [board] in board?.status ?? GetStatusResponse() }
    var configuration = configuration
    let slowCalls = slowCall.map { threshold in
      SlowCallLog(threshold, routes.methods + HealthDispatcher.served, log: log[.calls])
    }
    configuration.slowCalls = slowCalls.map { slow in
      SlowCalls(threshold: slow.threshold) { slow.ended($0, $1) }
    }
    do {
      return try await TTRPCServer.start(addresses, configuration: configuration) { loop in
        ComposedDispatcher([
          router(routes, loop, slowCalls), HealthDispatcher(health, gate: gate, clock: clock),
        ])
      }
    } catch {
      throw Failure(description: "\(error)")
    }
  }

  /// Returns the router of one I/O loop. Exits the process if the loop's database connection cannot
  /// be opened.
  private func router(
    _ routes: Routes,
    _ loop: any ServerLoop,
    _ slowCalls: SlowCallLog?
  ) -> any CallDispatcher {
    do {
      return try Router(
        routes,
        store: store,
        watches: watches,
        loop: loop,
        limits: configuration.limits,
        gate: gate,
        clock: clock,
        log: log[.calls],
        slowCalls: slowCalls
      )
    } catch {
      log[.store].critical("cannot open the database for reading: \(error)")
      log.close()
      exit(1)
    }
  }
}

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
  /// The state of the server for its operator.
  var board = StatusBoard()
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
    board.serves(server)
    onReady(server.addresses)
    try await gracefulShutdown()
    board.drains()
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

  /// Starts to listen. The caller stops the server.
  func listen(_ health: HealthState) async throws -> TTRPCServer {
    let routes = Routes.patron { [board] in board.status }
    do {
      return try await TTRPCServer.start(addresses, configuration: configuration) { loop in
        ComposedDispatcher([
          router(routes, loop), HealthDispatcher(health, gate: gate, clock: clock),
        ])
      }
    } catch {
      throw Failure(description: "\(error)")
    }
  }

  /// Returns the router of one I/O loop. Exits the process if the loop's database connection cannot
  /// be opened.
  private func router(_ routes: Routes, _ loop: any ServerLoop) -> any CallDispatcher {
    do {
      return try Router(
        routes,
        store: store,
        watches: watches,
        loop: loop,
        limits: configuration.limits,
        gate: gate,
        clock: clock,
        log: log[.calls]
      )
    } catch {
      log[.store].critical("cannot open the database for reading: \(error)")
      log.close()
      exit(1)
    }
  }
}

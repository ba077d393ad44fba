import ArgumentParser
import PatronClient

struct HealthCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Check that the server, or one of its services, accepts calls.",
    discussion: """
      Exit status 0: calls are accepted; 1: the server answers but does not accept calls; 64+code: \
      the check itself failed. Suitable for health checks of containers.

      EXAMPLES
        patron health
        patron health CustomerService --timeout 2s
        patron health --watch
      """
  )

  @Argument(
    help: "A service, or the end of its name. (default: the whole server)",
    completion: .list(Contract.services.map(\.name))
  )
  var service: String?

  @Flag(help: "Print every change until interrupted.")
  var watch = false

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    // A service unknown to this version may exist on the server.
    let service = service.map { name in
      (try? ContractNames.service(name).name) ?? name
    }
    try await Session.run(global) { session in
      let request = GRPCHealth.HealthCheckRequest.with { $0.service = service ?? "" }
      if watch {
        let stream = try await session.client.health.watch(request, options: session.call)
        for try await response in stream { try show(response, session) }
        return
      }
      let response = try await session.timed(GRPCHealth.Health.check.method) {
        try await session.client.health.check(request, options: session.call)
      }
      try show(response, session)
      if response.status != .serving { throw ExitCode(1) }
    }
  }

  private func show(_ response: GRPCHealth.HealthCheckResponse, _ session: Session) throws {
    try session.print(response) {
      let name = response.status.description
      return response.status == .serving ? session.style.green(name) : session.style.red(name)
    }
  }
}

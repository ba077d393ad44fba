import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// What the server tells its service manager by `NOTIFY_SOCKET`.
  @Suite struct NotifyTests {
    enum Kind: String, CaseIterable { case path, abstract }
    enum Fault: String, CaseIterable { case missing, full, relative, tooLong }

    @Test(
      "a service manager learns that the server is ready, and that it stops",
      .timeLimit(.minutes(15)),
      arguments: Kind.allCases
    )
    func readyAndStopping(_ kind: Kind) async throws {
      let folder = TemporaryDirectory()
      let address =
        kind == .path ? folder.file("notify") : "@patron-test-\(UUID().uuidString)"
      let manager = try DatagramSocket(address)
      let data = folder.file("data")
      let server = try await PatronServer.start(
        data: data,
        environment: ["NOTIFY_SOCKET": address]
      )
      #expect(
        try await manager.receive() == "READY=1\nSTATUS=serves \(data) on \(server.address)"
      )
      // A server that is ready answers.
      let health = try await Programs.patron(["health"], at: server.address)
      #expect(health.exit == .status(0), "\(health.errors)")
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      #expect(try await manager.receive().hasPrefix("STOPPING=1\nSTATUS="))
      #expect(!server.errors.contains("warning:"), "\(server.errors)")
    }

    @Test(
      "a server serves without its service manager, and says so in the log",
      .timeLimit(.minutes(15)),
      arguments: Fault.allCases
    )
    func withoutManager(_ fault: Fault) async throws {
      let folder = TemporaryDirectory()
      let path = folder.file("notify")
      let manager = fault == .full ? try DatagramSocket(path) : nil
      if manager != nil { try DatagramSocket.fill(path) }
      let address =
        switch fault {
        case .missing, .full: path
        case .relative: "notify"
        case .tooLong: "/" + String(repeating: "n", count: 107)
        }
      let server = try await PatronServer.start(
        data: folder.file("data"),
        environment: ["NOTIFY_SOCKET": address]
      )
      let health = try await Programs.patron(["health"], at: server.address)
      #expect(health.exit == .status(0), "\(health.errors)")
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      for state in ["READY=1", "STOPPING=1"] {
        let line = "warning: the service manager was not told \(state): "
        #expect(server.errors.ranges(of: line).count == 1, "\(server.errors)")
      }
      withExtendedLifetime(manager) {}
    }
  }
}

import Foundation
import Glibc
import PatronClient
import Synchronization
import TestKit
import Testing

extension EndToEnd {
  /// New certificates of a server that is called all the time.
  @Suite(.enabled(if: TestCertificates.openssl != nil, "needs openssl: see dev/install"))
  struct CertificateReplacementTests {
    private let folder = TemporaryDirectory()
    /// Few by default, because a server looks at its files once a second.
    private static let replacements =
      Installation.variable("PATRON_TEST_REPLACEMENTS").flatMap { Int($0) } ?? 5

    /// Puts the files of a certificate in place of those that are there, one after the other.
    private func install(_ pair: TestCertificates.Pair) throws {
      for (path, name) in [(pair.certificate, "cert"), (pair.key, "key")] {
        let bytes = try Data(contentsOf: URL(filePath: path))
        try bytes.write(to: URL(filePath: folder.file(name)), options: .atomic)
      }
    }

    private func reloads(_ server: PatronServer) -> Int {
      server.errors.components(separatedBy: "the files have changed").count - 1
    }

    @Test("replacements under load fail no call", .timeLimit(.minutes(15)))
    func replacementsUnderLoadFailNoCall() async throws {
      let made = TestCertificates()
      let pairs = [try made.make("odd"), try made.make("even")]
      let authority = try made.authority().certificate
      try install(pairs[0])
      let server = try await PatronServer.start(
        data: folder.file("data"),
        flags: ["--tls-cert", folder.file("cert"), "--tls-key", folder.file("key")]
      )
      let address = server.address
      let tls = PatronClient.TLS(caFile: authority)
      try await withPatronClient(address: address, tls: tls) {
        let customer = CustomerInput.with {
          $0.externalID = "1"
          $0.email = "ada@example.com"
        }
        _ = try await $0.customers.upsertCustomer(.with { $0.customer = customer })
      }
      let load = try startLoad(address, authority)
      let isOver = Flag()
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<2 {
          group.addTask { try await Self.connectAndCall(address, authority, until: isOver) }
        }
        for number in 1...Self.replacements {
          try install(pairs[number % 2])
          // The server looks at its files once a second.
          for _ in 0..<1200 where reloads(server) < number {
            try #require(load.poll() == nil, "\(Files.text(folder.file("load-errors")))")
            try await Task.sleep(for: .milliseconds(50))
          }
          #expect(reloads(server) == number)
        }
        isOver.set()
        for try await calls in group { #expect(calls > Self.replacements) }
      }
      load.signal(SIGINT)
      #expect(try await load.exit(within: .seconds(60)) == .status(0), "a call failed")
      let report = try JSONDecoder().decode(
        Report.self,
        from: Data(Files.text(folder.file("report")).utf8)
      )
      #expect(report.count == report.okCount && report.count > Self.replacements, "\(report)")
      #expect(report.lostConnections == 0, "\(report)")
      #expect(!server.errors.contains("handshake with"), "\(server.errors)")
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      withExtendedLifetime(made) {}
    }

    /// Starts the load tester, whose connections stay open.
    private func startLoad(_ address: String, _ authority: String) throws -> ChildProcess {
      try ChildProcess(
        try Installation.program("patron-load"),
        ["GetCustomer", "--rate", "200", "-z", "14m", "--connections", "4", "-O", "json"]
          + ["--data", #"{"customer":{"externalId":"1"}}"#],
        environment: ["PATRON_ADDRESS": address, "PATRON_TLS_CA": authority],
        output: folder.file("report"),
        errors: folder.file("load-errors")
      )
    }

    /// Makes call after call, each on a connection of its own. Returns their number.
    private static func connectAndCall(
      _ address: String,
      _ authority: String,
      until isOver: Flag
    ) async throws -> Int {
      var options = PatronClient.Options()
      options.retry = .never
      let tls = PatronClient.TLS(caFile: authority)
      var calls = 0
      while !isOver.isSet {
        try await withPatronClient(address: address, tls: tls, options: options) {
          let answer = try await $0.customers.getCustomer(.with { $0.customer = .externalID("1") })
          #expect(answer.customer?.externalID == "1")
        }
        calls += 1
        try await Task.sleep(for: .milliseconds(10))
      }
      return calls
    }

    private struct Report: Decodable {
      var count: Int
      var okCount: Int
      var lostConnections: Int
    }

    private final class Flag: Sendable {
      private let value = Atomic<Bool>(false)
      var isSet: Bool { value.load(ordering: .relaxed) }
      func set() { value.store(true, ordering: .relaxed) }
    }
  }
}

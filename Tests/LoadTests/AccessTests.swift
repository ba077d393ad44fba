import PatronProto
import Synchronization
import TTRPC
import TTRPCNIO
import TestKit
import Testing

@testable import patron_load

/// TLS and keys of runs.
@Suite("TLS and keys")
struct AccessTests {
  private static let key = "patron_0a_" + String(repeating: "s", count: 49)

  /// A dispatcher that lets in calls with one key, and counts them.
  private final class Gate: CallDispatcher {
    let methods = [CustomerService.getCustomer.method, GRPCHealth.Health.check.method]
    let calls: Calls

    final class Calls: Sendable {
      let accepted = Mutex<[String: Int]>([:])
    }

    init(_ calls: Calls) { self.calls = calls }

    func unary(
      _ method: Int,
      _ payload: RawSpan,
      _ call: borrowing ServerCall,
      _ response: inout ResponseBuffer
    ) -> UnaryOutcome {
      guard call.metadata["authorization"] == "Bearer \(AccessTests.key)" else {
        return .failed(
          RPCError(code: .unauthenticated, message: "unknown key").giving(reason: "KEY_MISSING")
        )
      }
      let name = "\(methods[method].name) for \(call.metadata["patron-on-behalf-of"] ?? "-")"
      calls.accepted.withLock { $0[name, default: 0] += 1 }
      return .replied
    }

    func open(
      _ method: Int,
      _ payload: RawSpan,
      _ call: borrowing ServerCall,
      _ stream: any ServerStream
    ) {
      stream.finish(RPCError(code: .unimplemented, message: "no streams here"))
    }
  }

  /// Starts a server, runs `body` with its address, and returns the accepted calls by method.
  private func withGate(
    _ listen: ListenAddress = .tcp(host: "127.0.0.1", port: 0),
    tls: ServerTLS? = nil,
    _ body: (String) async throws -> Void
  ) async throws -> [String: Int] {
    let calls = Gate.Calls()
    var configuration = TTRPCServer.Configuration()
    configuration.tls = tls
    let server = try await TTRPCServer.start([listen], configuration: configuration) { _ in
      Gate(calls)
    }
    do {
      try await body("\(server.addresses[0])")
    } catch {
      await server.shutdown()
      throw error
    }
    await server.shutdown()
    return calls.accepted.withLock { $0 }
  }

  @Test("Every call carries the key, in both loops", arguments: [[], ["--rate", "1000"]])
  func keys(_ mode: [String]) async throws {
    let accepted = try await withGate { address in
      let run = await ProgramRun.run(
        [
          "GetCustomer", "--address", address, "-c", "1000", "--connections", "2", "-n", "100",
          "--warmup", "0", "--on-behalf-of", "ada",
        ] + mode,
        environment: ["PATRON_KEY": Self.key]
      )
      #expect(run.status == 0, "\(run.errors)\(run.output)")
      #expect(!(run.errors + run.output).contains("ssss"))
    }
    // Each connection shows its key before its first request.
    #expect(accepted == ["GetCustomer for ada": 100, "Check for ada": 2])
  }

  @Test("A refused key ends the run before its first request")
  func refused() async throws {
    let accepted = try await withGate { address in
      let run = await ProgramRun.run(
        ["GetCustomer", "--address", address, "-n", "10"],
        environment: ["PATRON_KEY": Self.key + "x"]
      )
      #expect(run.status == 1, "\(run.output)")
      #expect(run.errors.contains("unknown key"), "\(run.errors)")
    }
    #expect(accepted.isEmpty)
  }

  @Test(
    "A run without a key ends with the first answer, the reason and a hint",
    arguments: [[], ["--rate", "1000"]]
  )
  func none(_ mode: [String]) async throws {
    let accepted = try await withGate { address in
      // Its end is no matter of time: a run of its own would take ten minutes.
      let run = await ProgramRun.run(
        ["GetCustomer", "--address", address, "-c", "2", "-z", "600s"] + mode
      )
      #expect(run.status == 1, "\(run.output)")
      #expect(run.output.isEmpty, "\(run.output)")
      #expect(
        run.errors == """
          patron-load: unknown key (UNAUTHENTICATED, KEY_MISSING)
          hint: --key-file names the file of an API key, or set PATRON_KEY

          """
      )
    }
    #expect(accepted.isEmpty)
  }

  @Test("A run goes on if the server lets one of its first calls in")
  func some() {
    var settings = LoadSettings(
      target: .host("127.0.0.1", port: 1),
      method: CustomerService.getCustomer.method,
      callers: 3,
      connections: 1
    )
    settings.duration = .seconds(1)
    let denied = RPCError(code: .permissionDenied, message: "no")
    let refused = RunState(settings)
    for _ in 0..<2 { refused.refused(denied) }
    #expect(!refused.isStopping)
    refused.refused(denied)
    #expect(refused.isStopping && refused.error is RPCError)
    let letIn = RunState(settings)
    letIn.letIn()
    for _ in 0..<20 { letIn.refused(denied) }
    #expect(!letIn.isStopping)
  }

  @Test(
    "A run over TLS",
    .enabled(if: TestCertificates.openssl != nil, "needs openssl: see dev/install")
  )
  func encrypted() async throws {
    let common = try TestCertificates.common()
    let tls = ServerTLS(
      certificateFile: common.server.certificate,
      keyFile: common.server.key
    )
    let accepted = try await withGate(.tls(host: "127.0.0.1", port: 0), tls: tls) { address in
      let run = await ProgramRun.run(
        [
          "GetCustomer", "--address", address, "-c", "4", "-n", "100", "--warmup", "0",
          "--tls-ca", common.authority.certificate,
        ],
        environment: ["PATRON_KEY": Self.key]
      )
      #expect(run.status == 0, "\(run.errors)\(run.output)")
      #expect(run.output.contains("at tls://127.0.0.1:"), "\(run.output)")
      let untrusted = await ProgramRun.run(["GetCustomer", "--address", address, "-n", "1"])
      #expect(untrusted.status == 1, "\(untrusted.output)")
      #expect(untrusted.errors.contains("is not signed by"), "\(untrusted.errors)")
    }
    #expect(accepted["GetCustomer for -"] == 100)
  }

  @Test("Flags and files are checked before the run")
  func usage() async throws {
    let unix = await ProgramRun.run(["GetCustomer", "--tls", "--address", "unix:/nowhere"])
    #expect(unix.status == 2)
    #expect(unix.errors.contains("needs no TLS"), "\(unix.errors)")
    let key = await ProgramRun.run(["GetCustomer"], environment: ["PATRON_KEY": "ssss"])
    #expect(key.status == 2)
    #expect(key.errors.contains("PATRON_KEY: ") && !key.errors.contains("ssss"), "\(key.errors)")
    let file = await ProgramRun.run(["GetCustomer", "--key-file", "/nonexistent/key"])
    #expect(file.status == 1)
    #expect(file.errors.contains("cannot read /nonexistent/key"), "\(file.errors)")
    let remote = await ProgramRun.run(["GetCustomer", "--address", "tls://example.com:1"])
    #expect(remote.status == 2)
    #expect(remote.errors.contains("--allow-remote"), "\(remote.errors)")
    let option = await ProgramRun.run(["GetCustomer", "--key", Self.key])
    #expect(option.status == 2)
  }
}

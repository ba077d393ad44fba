import ArgumentParser
import PatronClient
import Testing

@testable import patron

/// Limits on the command line.
struct LimitsArgumentTests {
  private static let every = """
    calls-per-second=1,writes-per-second=2,concurrent-calls=3,concurrent-scans=4,\
    bytes-per-second=50000000000
    """

  @Test func everyLimitIsReadAndWritten() throws {
    let limits = try #require(try LimitsArgument(Self.every).limits)
    let expected = CallLimits.with {
      $0.callsPerSecond = 1
      $0.writesPerSecond = 2
      $0.bytesPerSecond = 50_000_000_000
      $0.concurrentCalls = 3
      $0.concurrentScans = 4
    }
    #expect(limits == expected)
    #expect(LimitsArgument.text(limits) == Self.every)
    #expect(CallLimits.descriptor.fields.count == LimitsArgument.names.count)
  }

  @Test func nothingMeansTheServer() throws {
    #expect(try LimitsArgument("").limits == nil)
    #expect(LimitsArgument.text(nil) == "those of the server")
    #expect(try LimitsArgument("calls-per-second=0").limits == CallLimits())
    #expect(LimitsArgument.text(CallLimits()) == "those of the server")
    #expect(try LimitsArgument(" concurrent-scans = 2 ").limits?.concurrentScans == 2)
  }

  @Test(arguments: [
    "100", "calls=100", "calls-per-second", "calls-per-second=", "calls-per-second=-1",
    "calls-per-second=1.5", "calls-per-second=2147483648", "bytes-per-second=9223372036854775808",
    "calls-per-second=1,", ",", "calls-per-second=1,calls-per-second=2",
  ])
  func wrongTextsAreRefused(text: String) {
    #expect(throws: ValidationError.self) { try LimitsArgument(text) }
  }

  @Test func settingsTakeAndShowThem() async throws {
    let server = FakeServer()
    server.on(CustomerService.updateStoreSettings) { request in
      .with { $0.settings = request.settings }
    }
    let set = try await patron(
      ["settings", "set", "--limits", "calls-per-second=100,concurrent-scans=2"],
      server: server
    )
    #expect(set.status == 0, "\(set.err)")
    #expect(set.out.contains("calls-per-second=100,concurrent-scans=2\n"))
    _ = try await patron(["settings", "set", "--limits", ""], server: server)
    let requests = try server.requests(UpdateStoreSettingsRequest.self, "UpdateStoreSettings")
    #expect(requests.map { $0.updateMask?.paths } == [["limits"], ["limits"]])
    let limits = requests.map { $0.settings?.limits }
    #expect(limits.first??.callsPerSecond == 100)
    #expect(limits.count == 2 && limits[1] == nil)
    let wrong = try await patron(["settings", "set", "--limits", "fast"], server: server)
    #expect(wrong.status == 2 && wrong.err.contains("calls-per-second="))
  }
}

import PatronOps
import TTRPC
import TTRPCNIO
import TestKit
import Testing

/// The operator's listener: its pages, and the requests that it refuses.
@Suite(.timeLimit(.minutes(15))) struct OpsServerTests {
  @Test func healthAndReadinessFollowTheLifeOfTheServer() async throws {
    let fixture = try await OpsFixture()
    #expect(try await fixture.get("/healthz").status == 200)
    let starting = try await fixture.get("/readyz")
    #expect(starting.status == 503)
    #expect(starting.body.hasPrefix("starting:"))
    fixture.serve()
    #expect(try await fixture.get("/healthz").body == "ok\n")
    #expect(try await fixture.get("/readyz").body == "ready\n")
    fixture.state.drains()
    let draining = try await fixture.get("/readyz")
    #expect(draining.status == 503)
    #expect(draining.body.hasPrefix("draining:"))
    #expect(try await fixture.get("/healthz").status == 200)
    await fixture.end()
  }

  @Test func theStatusIsJSON() async throws {
    let fixture = try await OpsFixture()
    fixture.serve()
    let status = try await fixture.get("/status")
    #expect(status.head.contains("content-type: application/json"))
    for part in [
      #""phase":"serving""#, #""ready":true"#, #""version":"1.2.3""#, #""schema_version":"#,
      #""max-connections":"#, #""write_queue":{"jobs":0"#,
    ] {
      #expect(status.body.contains(part), "\(part)")
    }
    await fixture.end()
  }

  @Test func onlyReadingIsAnswered() async throws {
    let fixture = try await OpsFixture()
    let address = fixture.ops.address
    let post = try await OpsClient.get("/metrics", at: address, method: "POST")
    #expect(post.status == 405)
    #expect(post.head.contains("allow: get, head"))
    #expect(try await fixture.get("/nothing").status == 404)
    #expect(try await fixture.get("/healthz?verbose=1").status == 200)
    let head = try await OpsClient.get("/healthz", at: address, method: "HEAD")
    #expect(head.status == 200)
    #expect(head.body.isEmpty)
    #expect(head.head.contains("content-length: 3"))
    let body = ["Host: localhost", "Content-Length: 5"]
    #expect(try await OpsClient.get("/healthz", at: address, headers: body).status == 400)
    let garbage = try await OpsClient.exchange("\u{1}\u{2}\r\n\r\n", at: address)
    #expect(garbage.isEmpty || garbage.hasPrefix("HTTP/1.1 400"))
    await fixture.end()
  }

  @Test func aHeadThatIsTooLargeIsRefused() async throws {
    let fixture = try await OpsFixture()
    let long = String(repeating: "x", count: 9000)
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: \(long)\r\n\r\n"
    let text = try await OpsClient.exchange(request, at: fixture.ops.address)
    #expect(!text.contains("200 OK"))
    await fixture.end()
  }

  @Test func pagesOfBrowsersAreRefused() async throws {
    let fixture = try await OpsFixture()
    let refused = [
      ["Host: localhost", "Origin: http://evil.example"], ["Host: evil.example"],
      ["Host: evil.example:7421"], ["Host: 127.0.0.1.evil.example"],
    ]
    for headers in refused {
      let answer = try await OpsClient.get("/metrics", at: fixture.ops.address, headers: headers)
      #expect(answer.status == 403, "\(headers)")
    }
    for host in ["localhost:7421", "127.0.0.1", "10.0.0.7:80", "[::1]:7421", "LOCALHOST"] {
      let headers = ["Host: \(host)"]
      let answer = try await OpsClient.get("/healthz", at: fixture.ops.address, headers: headers)
      #expect(answer.status == 200, "\(host)")
    }
    await fixture.end()
  }

  @Test func aUnixSocketServesToo() async throws {
    let directory = TemporaryDirectory()
    let fixture = try await OpsFixture(.unix(path: directory.file("ops")))
    #expect(try await fixture.get("/healthz").status == 200)
    await fixture.end()
    let again = try await OpsFixture(.unix(path: directory.file("ops")))
    await again.end()
  }

  @Test func connectionsThatSendNothingEnd() async throws {
    let state = OpsState(version: "1", startedAt: 0) { 0 }
    let server = try await OpsServer.start(
      .tcp(host: "127.0.0.1", port: 0),
      of: state,
      patience: .milliseconds(20)
    )
    #expect(try await OpsClient.exchange("", at: server.address) == "")
    #expect(try await OpsClient.exchange("GET /hea", at: server.address).isEmpty)
    await server.shutdown()
  }

  @Test func aPortInUseIsAnError() async throws {
    let fixture = try await OpsFixture()
    let address = fixture.ops.address
    let error = await #expect(throws: ListenError.self) {
      try await OpsServer.start(address, of: OpsState(version: "1", startedAt: 0) { 0 })
    }
    #expect(error?.description.contains("in use") == true)
    await fixture.end()
  }
}

import TTRPC
import Testing

@Suite struct ClientTargetTests {
  @Test func readsEveryForm() throws {
    #expect(try ClientTarget(parsing: "127.0.0.1:7420") == .host("127.0.0.1", port: 7420))
    #expect(try ClientTarget(parsing: "db.example.com:1") == .host("db.example.com", port: 1))
    #expect(try ClientTarget(parsing: "[::1]:65535") == .host("::1", port: 65535))
    #expect(
      try ClientTarget(parsing: "tls://shop.example.com:7421")
        == .tls("shop.example.com", port: 7421)
    )
    #expect(try ClientTarget(parsing: "tls:7420") == .host("tls", port: 7420))
    #expect(try ClientTarget(parsing: "tls://[::1]:7421") == .tls("::1", port: 7421))
    #expect(try ClientTarget(parsing: "unix:/run/p.sock") == .unix(path: "/run/p.sock"))
    #expect(try ClientTarget(parsing: "unix:///run/p.sock") == .unix(path: "/run/p.sock"))
    #expect(try ClientTarget(parsing: "unix:p.sock") == .unix(path: "p.sock"))
  }

  @Test(arguments: [
    "127.0.0.1:7420", "[fe80::1]:9", "unix:/a b", "tls://shop.example.com:1", "tls://[fe80::1]:9",
  ])
  func printsWhatItReads(text: String) throws {
    #expect(try ClientTarget(parsing: text).description == text)
  }

  @Test func namesASchemeThatDoesNotBelong() {
    for scheme in ["http://", "tcp://"] {
      let error = #expect(throws: RPCError.self) {
        try ClientTarget(parsing: scheme + "127.0.0.1:7420")
      }
      #expect(error?.message.contains("leave out \(scheme);") == true)
    }
  }

  @Test func namesTheSchemeOfTLS() {
    for scheme in ["https://", "ssl://"] {
      let error = #expect(throws: RPCError.self) {
        try ClientTarget(parsing: scheme + "127.0.0.1:7420")
      }
      #expect(error?.message.contains("write tls:// instead of \(scheme);") == true)
    }
  }

  @Test(arguments: [
    "tls://", "tls://localhost", "tls://:1", "tls://::1:1", "tls://tls://a:1", "tls://unix:/a",
    "", "localhost", "localhost:", "localhost:0", "localhost:65536", "localhost:+80", ":7420",
    "::1:7420", "[::1]", "[]:1", "[a]:1", "a b:1", "http://x:1", "unix:",
    "unix:" + String(repeating: "x", count: 104),
  ])
  func refusesTheRestAndSaysWhatItWants(text: String) {
    let error = #expect(throws: RPCError.self) { try ClientTarget(parsing: text) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("HOST:PORT") == true)
  }
}

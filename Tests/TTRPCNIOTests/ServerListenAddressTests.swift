import TTRPC
import TTRPCNIO
import Testing

@Suite struct ServerListenAddressTests {
  @Test(arguments: [
    ("127.0.0.1:7420", ListenAddress.tcp(host: "127.0.0.1", port: 7420)),
    ("localhost:0", .tcp(host: "localhost", port: 0)),
    ("[::1]:65535", .tcp(host: "::1", port: 65535)),
    ("unix:/run/patron.sock", .unix(path: "/run/patron.sock")),
    ("tls://0.0.0.0:7420", .tls(host: "0.0.0.0", port: 7420)),
    ("tls://[::1]:0", .tls(host: "::1", port: 0)),
  ])
  func readsWhatItWrites(_ text: String, _ address: ListenAddress) throws {
    #expect(try ListenAddress(parsing: text) == address)
    #expect(address.description == text)
  }

  @Test(arguments: [
    "", "7420", ":7420", "host:", "host:65536", "host:-1", "host:+1", "::1:7420", "unix:",
    "unix:" + String(repeating: "x", count: 104), "tls:", "tls://", "tls://host", "tls:host:1:2",
    "tls://unix:x",
  ])
  func refusesOtherText(_ text: String) {
    let error = #expect(throws: ListenError.self) { try ListenAddress(parsing: text) }
    #expect(error?.description.contains("expected HOST:PORT, tls://HOST:PORT or unix:PATH") == true)
  }

  @Test(arguments: [
    ("127.0.0.1:1", true), ("127.9.9.9:1", true), ("localhost:1", true), ("[::1]:1", true),
    ("unix:x", true), ("0.0.0.0:1", false), ("[::]:1", false), ("10.0.0.1:1", false),
    ("127.example.com:1", false), ("example.com:1", false), ("tls://127.0.0.1:1", true),
    ("tls://0.0.0.0:1", false),
  ])
  func knowsWhatIsLocal(_ text: String, _ isLocal: Bool) throws {
    #expect(try ListenAddress(parsing: text).isLocal == isLocal)
  }
}

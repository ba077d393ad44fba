import NIOCore
import TestKit
import Testing

@testable import TTRPCNIO

/// The look at a client's first message, byte by byte.
@Suite struct TLSClientHelloTests {
  private func read(_ bytes: [UInt8]) -> ClientHello.Reading {
    ClientHello.read(ByteBuffer(bytes: bytes))
  }

  @Test(arguments: [[], ["ttrpc/1"], ["h2", "http/1.1"], ["h2", "ttrpc/1"]])
  func namesItsProtocols(_ protocols: [String]) {
    let bytes = TLSTestBytes.clientHello(protocols: protocols)
    guard case .whole(let hello) = read(bytes) else {
      Issue.record("not whole")
      return
    }
    #expect(hello.protocols == protocols)
  }

  @Test func waitsForTheLastByte() {
    let bytes = TLSTestBytes.clientHello()
    for count in 0..<bytes.count { #expect(read(Array(bytes[..<count])) == .needsMore) }
  }

  @Test func mayBeInSeveralRecords() {
    let message = TLSTestBytes.message(protocols: ["ttrpc/1"])
    for size in [1, 3, 4, 5, 100] {
      var bytes: [UInt8] = []
      for start in stride(from: 0, to: message.count, by: size) {
        bytes += TLSTestBytes.record(Array(message[start..<min(start + size, message.count)]))
      }
      guard case .whole(let hello) = read(bytes) else {
        Issue.record("not whole in records of \(size)")
        continue
      }
      #expect(hello.protocols == ["ttrpc/1"])
    }
  }

  @Test func otherBytesAreTold() {
    #expect(read([0, 0, 0, 10]) == .foreign(firstByte: 0))
    #expect(read(Array("GET / HTTP/1.1".utf8)) == .foreign(firstByte: 71))
    // A version that TLS never had, an empty record, a record that is too large.
    #expect(read([22, 4, 1, 0, 5]) == .malformed)
    #expect(read([22, 3, 1, 0, 0]) == .malformed)
    #expect(read([22, 3, 1, 0x40, 1]) == .malformed)
    // Another message of a handshake, a message that is too large, an alert in between.
    #expect(read(TLSTestBytes.record([2, 0, 0, 0])) == .malformed)
    #expect(read(TLSTestBytes.record([1, 0, 0x40, 1])) == .malformed)
    #expect(read(TLSTestBytes.record([1, 0, 1]) + [21, 3, 3, 0, 2, 2, 40]) == .malformed)
  }

  @Test func damagedBytesNeverTrap() {
    var random = SeededRandom()
    let whole = TLSTestBytes.clientHello(protocols: ["h2", "ttrpc/1"])
    for _ in 0..<20_000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 5..<bytes.count, using: &random)] = .random(
          in: 0...255,
          using: &random
        )
      }
      _ = read(Array(bytes[..<Int.random(in: 0...bytes.count, using: &random)]))
    }
  }

  @Test func failuresAreToldOnceASecond() {
    var failures = HandshakeFailures()
    let start = ContinuousClock.now
    #expect(failures.add("a:1", "one", start) == "TLS handshake with a:1 failed: one")
    for _ in 0..<5 { #expect(failures.add("b:1", "two", start + .milliseconds(999)) == nil) }
    let line = failures.add("c:1", "three", start + .seconds(1))
    #expect(line == "TLS handshake with c:1 failed: three; 5 more failed since the last line")
    #expect(failures.add("d:1", "four", start + .seconds(3))?.contains("more") == false)
  }
}

import NIOCore
import Testing

@testable import TTRPCNIO

/// The order in which connections give way, with a clock under the test's control.
@Suite struct IdleOrderTests {
  private let start = ContinuousClock.now
  private var order = IdleOrder()

  private func entry(_ id: UInt64, silent: Bool = false, millis: Int) -> IdleOrder.Entry {
    IdleOrder.Entry(id: id, isSilent: silent, since: start + .milliseconds(millis))
  }

  @Test mutating func silentConnectionsGoFirstThenTheLongestIdle() {
    let idle = [
      entry(1, millis: 20), entry(2, silent: true, millis: 40), entry(3, millis: 10),
      entry(4, silent: true, millis: 30),
    ]
    order.renew(idle, from: start, to: start)
    let later = start + .seconds(2)
    let ids = (0..<5).map { _ in order.next(for: .calling, later)?.id }
    #expect(ids == [4, 2, 3, 1, nil])
  }

  @Test mutating func aConnectionStaysForItsGrace() {
    order.renew(
      [entry(1, silent: true, millis: 0), entry(2, millis: 0)],
      from: start,
      to: start
    )
    let short = start + IdleOrder.silentGrace
    #expect(order.next(for: .calling, short - .milliseconds(1)) == nil)
    #expect(order.next(for: .calling, short)?.id == 1)
    #expect(order.next(for: .calling, short) == nil)
    let long = start + IdleOrder.grace
    #expect(order.next(for: .calling, long - .milliseconds(1)) == nil)
    #expect(order.next(for: .calling, long)?.id == 2)
  }

  @Test mutating func aSilentNewcomerReplacesSilentConnectionsOnly() {
    order.renew(
      [entry(1, silent: true, millis: 0), entry(2, millis: 0)],
      from: start,
      to: start
    )
    let long = start + IdleOrder.grace
    #expect(order.next(for: .silent, long - .milliseconds(1)) == nil)
    #expect(order.next(for: .silent, long)?.id == 1)
    #expect(order.next(for: .silent, long + .seconds(60)) == nil)
  }

  @Test mutating func looksTakeATwentiethOfTheTimeAtMost() {
    #expect(order.isStale(start))
    order.renew([], from: start, to: start)
    #expect(!order.isStale(start + .milliseconds(9)))
    #expect(order.isStale(start + .milliseconds(10)))
    let end = start + .milliseconds(5)
    order.renew([], from: start, to: end)
    #expect(!order.isStale(end + .milliseconds(99)))
    #expect(order.isStale(end + .milliseconds(100)))
  }
}

/// The hosts by which connections are counted.
@Suite struct PeerHostTests {
  private func host(_ address: String) throws -> PeerHost? {
    PeerHost(try SocketAddress(ipAddress: address, port: 1))
  }

  @Test func clientsOfTheSameMachineAreNotCounted() throws {
    for address in ["127.0.0.1", "127.3.4.5", "::1", "::ffff:127.0.0.1"] {
      #expect(try host(address) == nil, "\(address)")
    }
    #expect(PeerHost(try SocketAddress(unixDomainSocketPath: "/tmp/socket")) == nil)
    #expect(PeerHost(nil) == nil)
  }

  @Test func aHostIsAnAddressOrTheFirstHalfOfOne() throws {
    let same = [
      ("192.0.2.1", "192.0.2.1"), ("192.0.2.1", "::ffff:192.0.2.1"),
      ("2001:db8::1", "2001:db8::ffff:0:2"), ("fe80::1", "fe80::1"),
    ]
    for (one, other) in same {
      let (one, other) = (try host(one), try host(other))
      #expect(one != nil && one == other)
    }
    let different = [
      ("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8:0:1::1"), ("fe80::1", "fe80::2"),
      ("192.0.2.1", "::192.0.2.1"),
    ]
    for (one, other) in different {
      let (one, other) = (try host(one), try host(other))
      #expect(one != other)
    }
  }

  @Test func countsEndWithTheirConnections() throws {
    let host = try #require(try host("192.0.2.1"))
    let other = try #require(try self.host("192.0.2.2"))
    var counts = PeerCounts()
    let entered = (0..<3).map { _ in counts.enter(host, limit: 2) }
    #expect(entered == [true, true, false])
    let isOtherIn = counts.enter(other, limit: 2)
    #expect(isOtherIn)
    for _ in 0..<2 { counts.leave(host) }
    let isIn = counts.enter(host, limit: 2)
    #expect(isIn)
  }
}

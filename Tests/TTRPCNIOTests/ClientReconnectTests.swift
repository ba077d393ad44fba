import Synchronization
import TTRPC
import TTRPCNIO
import TestKit
import Testing

@Suite struct ClientReconnectTests {
  private func client(
    _ target: ClientTarget,
    _ adjust: (inout ClientConfiguration) -> Void = { _ in }
  ) -> TTRPCClient {
    var configuration = ClientConfiguration(target: target)
    // Hundreds of tests share the processors: no call ends because a machine is slow.
    configuration.defaultTimeout = .seconds(600)
    configuration.seed = 11
    configuration.retry.backoff.initial = .milliseconds(5)
    configuration.reconnect.initial = .milliseconds(20)
    adjust(&configuration)
    return TTRPCClient(configuration)
  }

  private func error(_ client: TTRPCClient, _ method: TTRPC.Method, _ options: CallOptions)
    async -> RPCError?
  {
    await errorOf { () throws(RPCError) in try await client.unary(method, [], options) }
  }

  @Test func refusedConnectionsFailFastAndNameTheAddress() async throws {
    let port = QuietPort()
    let client = client(.host("127.0.0.1", port: port.number)) {
      $0.reconnect.initial = .seconds(60)
    }
    for _ in 0..<2 {
      // A call that waited for the second attempt would end with its deadline.
      let error = await error(client, TestMethods.echo, CallOptions(timeout: .seconds(50)))
      #expect(error?.code == .unavailable)
      #expect(error?.message.contains("127.0.0.1:\(port.number)") == true)
      #expect(error?.message.contains("start the server") == true)
    }
    await client.close()
    port.release()
  }

  @Test func missingSocketsAndUnknownNamesAreNamed() async throws {
    let unix = client(.unix(path: "/nonexistent/patron.sock"))
    let first = await error(unix, TestMethods.echo, CallOptions())
    #expect(first?.message.contains("unix:/nonexistent/patron.sock: there is no such") == true)
    let name = client(.host("no-such-host.invalid", port: 1))
    let second = await error(name, TestMethods.echo, CallOptions())
    #expect(second?.code == .unavailable)
    #expect(second?.message.contains("no-such-host.invalid:1") == true)
    await unix.close()
    await name.close()
  }

  @Test func waitForReadyWaitsForTheServer() async throws {
    let port = QuietPort()
    let client = client(.host("127.0.0.1", port: port.number)) { $0.waitForReady = true }
    async let answer = client.unary(
      TestMethods.echo,
      [],
      CallOptions(timeout: .seconds(300))
    )
    try await Task.sleep(for: .milliseconds(60))
    let server = try await RawServer.start(port: port.number) { _, header, _ in
      [.send(rawAnswer(header.streamID, 7))]
    }
    #expect(try await answer == [7])
    await client.close()
    await server.stop()
    port.release()
  }

  @Test func waitForReadyEndsWithTheDeadline() async throws {
    let port = QuietPort()
    let client = client(.host("127.0.0.1", port: port.number)) { $0.waitForReady = true }
    let error = await error(client, TestMethods.echo, CallOptions(timeout: .seconds(1)))
    #expect(error?.code == .deadlineExceeded)
    #expect(error?.message.contains("refused") == true)
    await client.close()
    port.release()
  }

  @Test func lostConnectionsAreReplaced() async throws {
    let server = try await RawServer.start { _, header, _ in
      [.send(rawAnswer(header.streamID, 1))]
    }
    let client = client(server.target)
    for _ in 0..<3 {
      let answer = try await client.unary(TestMethods.echo, [], CallOptions())
      #expect(answer == [1])
      await server.closeConnections()
      // A client that has not noticed yet makes the call again on the next connection.
    }
    #expect(server.connectionCount == 3)
    await client.close()
    await server.stop()
  }

  @Test func callsLostWithTheirConnectionAreRepeatedOnlyWhereHarmless() async throws {
    let server = try await RawServer.start { number, header, _ in
      number == 0 ? [.close] : [.send(rawAnswer(header.streamID, UInt8(number)))]
    }
    let careful = client(server.target)
    let lost = await error(careful, TestMethods.slow, CallOptions())
    #expect(lost?.code == .unavailable)
    #expect(lost?.message.contains("was lost: the server closed it") == true)
    await careful.close()
    let other = try await RawServer.start { number, header, _ in
      number == 0 ? [.close] : [.send(rawAnswer(header.streamID, UInt8(number)))]
    }
    let repeating = client(other.target)
    let answer = try await repeating.unary(
      TestMethods.slow,
      [],
      CallOptions(hasRequestID: true)
    )
    #expect(answer == [1])
    await repeating.close()
    await server.stop()
    await other.stop()
  }

  @Test func unavailableAnswersAreRepeatedFourTimesAtMost() async throws {
    let server = try await RawServer.start { _, header, _ in
      header.type == .request ? [.send(rawStatus(header.streamID, .unavailable))] : []
    }
    let client = client(server.target)
    let error = await error(client, TestMethods.echo, CallOptions())
    #expect(error?.code == .unavailable)
    #expect(server.frames.count == 4)
    _ = await self.error(client, TestMethods.echo, CallOptions(retries: false))
    #expect(server.frames.count == 5)
    await client.close()
    await server.stop()
  }

  @Test func goawayMovesUnseenCallsToAnotherConnection() async throws {
    let server = try await RawServer.start { number, header, _ in
      guard header.type == .request else { return [] }
      if number > 0 { return [.send(rawAnswer(header.streamID, UInt8(number)))] }
      // SETTINGS, then GOAWAY that accepts nothing.
      return [
        .send(rawFrame(.settings, 0, [0x10, 0x07])), .send(rawFrame(.goaway, 0, [])),
      ]
    }
    let client = client(server.target)
    // Not idempotent, retries off: it is made again because the server never saw it.
    let answer = try await client.unary(TestMethods.slow, [], CallOptions(retries: false))
    #expect(answer == [1])
    // Streams have connections of their own: this is the third.
    let stream = try await client.stream(TestMethods.forever, [], CallOptions())
    #expect(try await stream.next() == [2])
    await client.close(grace: .zero)
    await server.stop()
  }

  @Test func goawayRepeatsServerStreamsThatWereNotSeen() async throws {
    let server = try await RawServer.start { number, header, _ in
      guard header.type == .request else { return [] }
      if number > 0 { return [.send(rawAnswer(header.streamID, 9))] }
      return [
        .send(rawFrame(.settings, 0, [0x10, 0x07])), .send(rawFrame(.goaway, 0, [])),
      ]
    }
    let client = client(server.target)
    let stream = try await client.stream(TestMethods.forever, [], CallOptions())
    #expect(try await stream.next() == [9])
    #expect(try await stream.next() == nil)
    #expect(server.connectionCount == 2)
    await client.close()
    await server.stop()
  }

  @Test func connectionsRotateBeforeIdsRunOut() async throws {
    let highest = Mutex<[Int: UInt32]>([:])
    let server = try await RawServer.start { number, header, _ in
      guard header.type == .request else { return [] }
      highest.withLock { $0[number] = max($0[number] ?? 0, header.streamID) }
      return [.send(rawAnswer(header.streamID, 1))]
    }
    let client = client(server.target) { $0.limits.lastStreamID = 20 }
    try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<100 {
        group.addTask { try await client.unary(TestMethods.slow, [], CallOptions()) }
      }
      for try await answer in group { #expect(answer == [1]) }
    }
    // Ten ids fit below 20, and the last one of each connection may be 21.
    #expect(highest.withLock { $0.values.max() } ?? 0 <= 21)
    #expect(server.connectionCount == 10)
    await client.close()
    await server.stop()
  }

  @Test func otherProtocolsAreRecognised() async throws {
    let server = try await RawServer.start { _, _, _ in
      [.send(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))]
    }
    let client = client(server.target)
    let error = await error(client, TestMethods.echo, CallOptions())
    #expect(error?.code == .internal)
    #expect(error?.message.contains("does not speak ttrpc") == true)
    await client.close()
    await server.stop()
  }

  @Test func serverDrainsLoseNoCalls() async throws {
    let service = testService()
    let first = try await LocalServer.start { AsyncDispatcher(service, loop: $0) }
    let client = first.makeClient()
    _ = try await client.unary(TestMethods.echo, [], CallOptions())
    async let slow = client.unary(TestMethods.slow, [50], CallOptions())
    #expect(await eventually { first.server.callsInFlight == 1 })
    let clean = await first.server.drain(grace: .seconds(60))
    #expect(try await slow == [50])
    #expect(clean)
    await client.close()
    await first.shutdown()
  }
}

import TTRPC
import TTRPCNIO
import TestKit
import Testing

@Suite struct ClientStreamTests {
  @Test func serverStreamsDeliverEverythingInOrder() async throws {
    try await withTestServer { client, _ in
      // 3,000 messages, many times the queue, so reading stops and resumes.
      let stream = try await client.stream(TestMethods.count, [0x0B, 0xB8], CallOptions())
      var expected = 0
      for try await message in stream.messages {
        #expect(message == Array("\(expected)".utf8))
        expected += 1
      }
      #expect(expected == 3000)
      #expect(try await stream.next() == nil)
    }
  }

  @Test func smallQueuesDeliverEverythingToo() async throws {
    try await withTestServer(
      CallRecorder(),
      {
        $0.limits.queuedMessages = 1
        $0.limits.queuedBytes = 10
      }
    ) { client, _ in
      let stream = try await client.stream(TestMethods.count, [0x01, 0xF4], CallOptions())
      var count = 0
      for try await _ in stream.messages { count += 1 }
      #expect(count == 500)
    }
  }

  @Test func clientStreamsGetOneAnswer() async throws {
    try await withTestServer { client, _ in
      let stream = try await client.stream(TestMethods.sum, nil, CallOptions())
      for _ in 0..<1000 { try await stream.send([3]) }
      try await stream.finishSending()
      #expect(try await stream.next() == Array("3000".utf8))
      #expect(try await stream.next() == nil)
    }
  }

  @Test func anEmptyClientStreamIsAnswered() async throws {
    try await withTestServer { client, _ in
      let stream = try await client.stream(TestMethods.sum, nil, CallOptions())
      try await stream.finishSending()
      #expect(try await stream.next() == Array("0".utf8))
    }
  }

  @Test func bothSidesStreamLargeMessages() async throws {
    try await withTestServer { client, _ in
      let stream = try await client.stream(TestMethods.mirror, nil, CallOptions())
      async let sent: Void = {
        for number in 0..<200 {
          try await stream.send([UInt8](repeating: UInt8(number), count: 50_000))
        }
        try await stream.finishSending()
      }()
      var received = 0
      for try await message in stream.messages {
        #expect(message.count == 50_000 && message[0] == UInt8(received))
        received += 1
      }
      try await sent
      #expect(received == 200)
    }
  }

  @Test func emptyMessagesAreMessages() async throws {
    try await withTestServer { client, _ in
      let stream = try await client.stream(TestMethods.mirror, nil, CallOptions())
      for message in [[], [1], []] as [[UInt8]] { try await stream.send(message) }
      try await stream.finishSending()
      var received: [[UInt8]] = []
      for try await message in stream.messages { received.append(message) }
      #expect(received == [[], [1], []])
    }
  }

  @Test func cancellingStopsTheServer() async throws {
    let recorder = CallRecorder()
    try await withTestServer(recorder) { client, _ in
      let stream = try await client.stream(TestMethods.forever, [], CallOptions())
      #expect(try await stream.next()?.count == 1000)
      stream.cancel()
      var last: RPCError?
      for _ in 0..<100_000 where last == nil {
        last = await errorOf { () throws(RPCError) in try await stream.next() }
      }
      #expect(last?.code == .cancelled)
      #expect(await recorder.wait { await $0.cancelled == 1 })
      stream.cancel()
    }
  }

  @Test func cancellingATaskThatReadsEndsTheStream() async throws {
    try await withTestServer { client, _ in
      let stream = try await client.stream(TestMethods.mirror, nil, CallOptions())
      let task = Task {
        await errorOf { () throws(RPCError) in try await stream.next() }
      }
      try await Task.sleep(for: .milliseconds(20))
      task.cancel()
      #expect(await task.value?.code == .cancelled)
      let sending = await errorOf { () throws(RPCError) in try await stream.send([1]) }
      #expect(sending?.code == .cancelled)
    }
  }

  @Test func droppingAStreamStopsTheServer() async throws {
    let recorder = CallRecorder()
    try await withTestServer(recorder) { client, _ in
      do {
        let stream = try await client.stream(TestMethods.forever, [], CallOptions())
        for try await _ in stream.messages { break }
      }
      #expect(await recorder.wait { await $0.cancelled == 1 })
      #expect(try await client.unary(TestMethods.echo, [1], CallOptions()) == [1])
    }
  }

  @Test func streamsHaveDeadlines() async throws {
    try await withTestServer { client, _ in
      // On a busy machine the deadline may pass before the stream is open.
      let error = await errorOf { () throws(RPCError) in
        let options = CallOptions(timeout: .milliseconds(50))
        let stream = try await client.stream(TestMethods.mirror, nil, options)
        _ = try await stream.next()
      }
      #expect(error?.code == .deadlineExceeded)
    }
  }

  @Test func oneReaderAtATime() async throws {
    try await withTestServer { client, _ in
      let stream = try await client.stream(TestMethods.mirror, nil, CallOptions())
      let results = await withTaskGroup(of: Result<[UInt8]?, RPCError>.self) { group in
        for _ in 0..<2 {
          group.addTask {
            do throws(RPCError) { return .success(try await stream.next()) } catch {
              return .failure(error)
            }
          }
        }
        // One reader waits; the other is refused, which shows that both have arrived.
        var results: [Result<[UInt8]?, RPCError>] = []
        for await result in group {
          results.append(result)
          if results.count == 1 { try? await stream.send([5]) }
        }
        return results
      }
      #expect(throws: RPCError.self) { try results[0].get() }
      #expect(try results[1].get() == [5])
    }
  }

  @Test func unaryCallsDoNotWaitForAStreamThatIsNotRead() async throws {
    try await withTestServer(
      CallRecorder(),
      { $0.limits.stallTimeout = .seconds(60) }
    ) { client, _ in
      let stream = try await client.stream(TestMethods.forever, [], CallOptions())
      for number in 0..<200 as Range<UInt8> {
        #expect(try await client.unary(TestMethods.echo, [number], CallOptions()) == [number])
        if number % 50 == 0 { #expect(try await stream.next() != nil) }
      }
    }
  }

  @Test func anUnreadStreamDoesNotKillOtherStreamsForGood() async throws {
    try await withTestServer(
      CallRecorder(),
      { $0.limits.stallTimeout = .milliseconds(100) }
    ) { client, _ in
      let stream = try await client.stream(TestMethods.forever, [], CallOptions())
      try await Task.sleep(for: .milliseconds(50))
      let other = try await client.stream(
        TestMethods.mirror,
        [9],
        CallOptions(timeout: .seconds(20))
      )
      #expect(try await other.next() == [9])
      var last: RPCError?
      for _ in 0..<100_000 where last == nil {
        last = await errorOf { () throws(RPCError) in try await stream.next() }
      }
      #expect(last?.code == .resourceExhausted)
    }
  }
}

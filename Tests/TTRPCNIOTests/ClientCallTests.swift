import TTRPC
import TTRPCNIO
import TestKit
import Testing

@Suite struct ClientCallTests {
  @Test func unaryCallsCarryAnySize() async throws {
    try await withTestServer { client, _ in
      for size in [0, 1, 127, 128, 65_000, 900_000] {
        let request = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        let answer = try await client.unary(TestMethods.echo, request, CallOptions())
        #expect(answer == request)
      }
    }
  }

  @Test(arguments: 1...16)
  func everyStatusArrives(code: Int) async throws {
    try await withTestServer { client, _ in
      let error = await errorOf { () throws(RPCError) in
        try await client.unary(TestMethods.fail, [UInt8(code)], CallOptions())
      }
      #expect(error?.code.rawValue == Int32(code))
      #expect(error?.message == "as asked")
    }
  }

  @Test func manyCallsAtOnceKeepTheirAnswers() async throws {
    try await withTestServer(CallRecorder(), { $0.connections = 3 }) { client, transport in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<500 {
          group.addTask {
            let request = Array("request \(number)".utf8)
            return try await client.unary(TestMethods.echo, request, CallOptions()) == request
          }
        }
        for try await same in group { #expect(same) }
      }
      #expect(transport.server.connectionCount == 3)
    }
  }

  @Test func metadataArrivesAndTheOfferStops() async throws {
    try await withTestServer { client, _ in
      let options = CallOptions(metadata: ["Trace": "abc"])
      let first = try await client.unary(TestMethods.metadata, [], options)
      #expect(String(decoding: first, as: UTF8.self).contains("trace=abc"))
      let second = try await client.unary(TestMethods.metadata, [], options)
      #expect(String(decoding: second, as: UTF8.self) == "trace=abc")
    }
  }

  @Test func deadlinesEndCalls() async throws {
    try await withTestServer { client, _ in
      let error = await errorOf { () throws(RPCError) in
        try await client.unary(
          TestMethods.slow,
          [255],
          CallOptions(timeout: .milliseconds(50))
        )
      }
      #expect(error?.code == .deadlineExceeded)
      let answer = try await client.unary(TestMethods.echo, [1], CallOptions())
      #expect(answer == [1])
    }
  }

  @Test func theDefaultDeadlineHolds() async throws {
    try await withTestServer(CallRecorder(), { $0.defaultTimeout = .milliseconds(50) }) {
      client,
      _ in
      let error = await errorOf { () throws(RPCError) in
        try await client.unary(TestMethods.slow, [255], CallOptions())
      }
      #expect(error?.code == .deadlineExceeded)
    }
  }

  @Test func cancellingATaskCancelsOnTheServer() async throws {
    let recorder = CallRecorder()
    try await withTestServer(recorder) { client, transport in
      // SETTINGS arrive with the first answer.
      _ = try await client.unary(TestMethods.echo, [], CallOptions())
      let task = Task {
        await errorOf { () throws(RPCError) in
          try await client.unary(TestMethods.slow, [255], CallOptions())
        }
      }
      #expect(await eventually { transport.server.callsInFlight == 1 })
      task.cancel()
      #expect(await task.value?.code == .cancelled)
      #expect(await recorder.wait { await $0.cancelled == 1 })
    }
  }

  @Test func aCancelledTaskMakesNoCall() async throws {
    let recorder = CallRecorder()
    try await withTestServer(recorder) { client, _ in
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return await errorOf { () throws(RPCError) in
          try await client.unary(TestMethods.echo, [], CallOptions())
        }
      }
      #expect(await task.value?.code == .cancelled)
      #expect(await recorder.calls == 0)
    }
  }

  @Test func closingWaitsForCallsInFlight() async throws {
    try await withTestServer { client, transport in
      async let answer = client.unary(TestMethods.slow, [50], CallOptions())
      #expect(await eventually { transport.server.callsInFlight == 1 })
      await client.close(grace: .seconds(60))
      let answered = try await answer
      #expect(answered == [50])
      let error = await errorOf { () throws(RPCError) in
        try await client.unary(TestMethods.echo, [], CallOptions())
      }
      #expect(error?.code == .failedPrecondition)
      #expect(error?.message.contains("closed") == true)
    }
  }

  @Test func closingWithoutGraceFailsCalls() async throws {
    try await withTestServer { client, transport in
      let task = Task {
        await errorOf { () throws(RPCError) in
          try await client.unary(TestMethods.slow, [255], CallOptions())
        }
      }
      #expect(await eventually { transport.server.callsInFlight == 1 })
      await client.close(grace: .zero)
      #expect(await task.value?.code == .cancelled)
    }
  }

  @Test func unaryMethodsAreNotStreams() async throws {
    try await withTestServer { client, _ in
      let error = await errorOf { () throws(RPCError) in
        try await client.stream(TestMethods.echo, [], CallOptions())
      }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test func scopedTransportsStopAfterwards() async throws {
    let service = testService()
    let answer = try await LocalServer.withClient({ AsyncDispatcher(service, loop: $0) }) {
      try await $0.unary(TestMethods.echo, [4, 2], CallOptions())
    }
    #expect(answer == [4, 2])
  }
}

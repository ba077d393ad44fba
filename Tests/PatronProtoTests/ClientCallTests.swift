import PatronProto
import ProtobufC
import Synchronization
import TTRPC
import Testing

@Suite struct ClientCallTests {
  @Test func unaryCallEncodesAndDecodes() async throws {
    let response = GetCustomerResponse()
    let channel = ScriptedChannel(responses: [try response.encoded()])
    let request = GetCustomerRequest.with { $0.storeID = "shop" }
    let answer = try await CustomerServiceClient(channel: channel).getCustomer(request)
    #expect(answer == response)
    #expect(channel.calls.map(\.method) == [CustomerService.getCustomer.method])
    #expect(try channel.calls.map(\.request) == [request.encoded()])
    #expect(channel.calls.map(\.hasRequestID) == [false])
  }

  @Test func requestIDAllowsRepeats() async throws {
    let empty = try DeleteCustomerResponse().encoded()
    let channel = ScriptedChannel(responses: [empty, empty])
    let client = CustomerServiceClient(channel: channel)
    _ = try await client.deleteCustomer(.with { $0.requestID = "r-1" })
    _ = try await client.deleteCustomer(DeleteCustomerRequest())
    #expect(channel.calls.map(\.hasRequestID) == [true, false])
  }

  @Test func badMessagesBecomeStatuses() async throws {
    let channel = ScriptedChannel(responses: [[0xFF]])
    let client = CustomerServiceClient(channel: channel)
    let decoding = await #expect(throws: RPCError.self) {
      try await client.getCustomer(GetCustomerRequest())
    }
    #expect(decoding?.code == .internal)
    let encoding = await #expect(throws: RPCError.self) {
      try await client.getCustomer(.with { $0.storeID = "a\0b" })
    }
    #expect(encoding?.code == .invalidArgument)
    #expect(encoding?.message.hasSuffix("store_id: string contains U+0000") == true)
    #expect(channel.calls.count == 1)
  }

  @Test func serverStreamIsASequence() async throws {
    let updates = [GRPCHealth.HealthCheckResponse.ServingStatus.serving, .notServing].map {
      status in GRPCHealth.HealthCheckResponse.with { $0.status = status }
    }
    let channel = ScriptedChannel(responses: try updates.map { try $0.encoded() })
    var received: [GRPCHealth.HealthCheckResponse] = []
    let client = GRPCHealth.HealthClient(channel: channel)
    for try await update in try await client.watch(GRPCHealth.HealthCheckRequest()) {
      received.append(update)
    }
    #expect(received == updates)
  }

  @Test func badMessageInAStreamCancelsIt() async throws {
    let channel = ScriptedChannel(responses: [[0xFF], []])
    let stream = try await channel.openStream(
      GRPCHealth.Health.watch,
      GRPCHealth.HealthCheckRequest(),
      CallOptions()
    )
    var iterator = stream.makeAsyncIterator()
    let error = await #expect(throws: RPCError.self) { _ = try await iterator.next() }
    #expect(error?.code == .internal)
    #expect(channel.isCancelled)
  }

  @Test func uploadAndDuplex() async throws {
    typealias Check = MethodDescriptor<
      GRPCHealth.HealthCheckRequest, GRPCHealth.HealthCheckResponse
    >
    let request = GRPCHealth.HealthCheckRequest.with { $0.service = "s" }
    let response = GRPCHealth.HealthCheckResponse.with { $0.status = .serving }
    let channel = ScriptedChannel(responses: [try response.encoded()])
    let up = Check(
      Method(service: "t.S", name: "Up", kind: .clientStreaming, idempotency: .unknown)
    )
    let upload = try await channel.openUpload(up, CallOptions())
    try await upload.send(request)
    try await upload.send(request)
    #expect(try await upload.finish() == response)
    #expect(try channel.sent == [request.encoded(), request.encoded()])
    #expect(channel.isClosed)
    let missing = await #expect(throws: RPCError.self) { try await upload.finish() }
    #expect(missing?.message == "t.S/Up ended without a response")

    let talk = Check(
      Method(service: "t.S", name: "Talk", kind: .bidirectionalStreaming, idempotency: .unknown)
    )
    let both = ScriptedChannel(responses: [try response.encoded()])
    let duplex = try await both.openDuplex(talk, CallOptions())
    try await duplex.send(request)
    try await duplex.finishSending()
    var answers: [GRPCHealth.HealthCheckResponse] = []
    for try await answer in duplex.responses { answers.append(answer) }
    #expect(answers == [response])
    #expect(both.isClosed)
    duplex.cancel()
    #expect(both.isCancelled)
  }
}

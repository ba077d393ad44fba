import PatronProto
import ProtobufC
import Testing

/// The memory of a full batch of the shortest items, which exceeds its payload most: the C structs
/// are much larger than their encoding. It must stay inside the limit for decoding.
@Suite struct BatchSizeTests {
  @Test func aThousandShortestItemsDecode() throws {
    var customers = BatchUpsertCustomersRequest()
    customers.customers = (0..<1000).map { index in .with { $0.email = "\(index)@x.io" } }
    #expect(try memory(customers) < Arena.decodingLimit(payload: 0) / 2)
    var orders = BatchSyncOrdersRequest()
    orders.items = [SyncOrderItem](repeating: SyncOrderItem(), count: 1000)
    #expect(try memory(orders) < Arena.decodingLimit(payload: 0) / 2)
    var events = BatchRecordEventsRequest()
    events.items = [RecordEventItem](repeating: RecordEventItem(), count: 1000)
    #expect(try memory(events) < Arena.decodingLimit(payload: 0) / 2)
  }

  /// Returns the memory that decoding takes, in bytes.
  private func memory<M: Message>(_ message: M) throws -> Int {
    let bytes = try message.encoded()
    #expect(try M(decoding: bytes) == message)
    return try bytes.withUnsafeBytes {
      try WireCheck.check($0, as: M.descriptor, budget: .max)
    }
  }
}

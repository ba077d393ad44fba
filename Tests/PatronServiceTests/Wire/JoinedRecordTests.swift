import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import TTRPCNIO
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests that every decoder sees one record, although records are joined on the wire from parts
/// that are stored separately.
struct JoinedRecordTests {
  /// Returns answers that hold joined records, as encoded by the server.
  private func answers(_ shop: Shop) async throws -> [(type: MessageDescriptor, bytes: [UInt8])] {
    try await shop.upsert {
      FieldValueTests.full(&$0)
      $0.acceptsSMSMarketing = true
      $0.acceptsEmailMarketing = false
    }
    for (number, currency) in ["USD", "EUR", "JPY"].enumerated() {
      try await shop.sync(
        .of("o\(number)", 100, currency) {
          $0.shippingAddress = .with { $0.city = "Köln" }
          $0.paymentStatus = .refunded
        }
      )
    }
    try await shop.record(RecordEventTests.quiz("e1"))
    let ref = CustomerRef.with { $0.ref = .externalID("c1") }
    let get = GetCustomerRequest.with { $0.customer = ref }
    let full = GetCustomerRequest.with {
      $0.customer = ref
      $0.view = .full
    }
    let upsert = UpsertCustomerRequest.with {
      $0.customer = .with {
        $0.externalID = "c1"
        $0.lastName = "King"
      }
    }
    let timeline = GetTimelineRequest.with { $0.customer = ref }
    let event = GetEventRequest.with {
      $0.event = .key(
        .with {
          $0.source = .ecommerce
          $0.eventID = "patron:order_placed:o0"
        }
      )
    }
    func call<Request: Message, Response: Message>(
      _ method: MethodDescriptor<Request, Response>,
      _ request: Request
    ) async throws -> (type: MessageDescriptor, bytes: [UInt8]) {
      let bytes = try await shop.client.unary(method.method, try request.encoded(), .init())
      return (Response.descriptor, bytes)
    }
    return [
      try await call(CustomerService.upsertCustomer, upsert),
      try await call(CustomerService.upsertCustomer, upsert),
      try await call(CustomerService.getCustomer, get),
      try await call(CustomerService.getCustomer, full),
      try await call(CustomerService.listCustomers, ListCustomersRequest()),
      try await call(TimelineService.getTimeline, timeline),
      try await call(TimelineService.getEvent, event),
    ]
  }

  @Test func noSingularFieldOccursTwice() async throws {
    try await Shop.open { shop in
      for (type, bytes) in try await answers(shop) {
        #expect(try WireFields.repeated(in: bytes, type) == [], "\(type.name)")
      }
    }
  }

  @Test func theRecordIsWhole() async throws {
    try await Shop.open { shop in
      let bytes = try await answers(shop)[2].bytes
      let customer = try #require(try GetCustomerResponse(decoding: bytes).customer)
      #expect(customer.firstName == "Ada" && customer.address?.city == "London")
      #expect(customer.orderStats.map(\.currencyCode) == ["EUR", "JPY", "USD"])
      #expect(customer.orderStats.map(\.refundedTotal) == [100, 100, 100])
      #expect(customer.activity.map(\.source) == [.ecommerce, .product, .thirdParty])
      #expect(customer.lastEventAt == customer.activity[1].lastEventAt)
      #expect(customer.subscriptions.count == 1)
    }
  }

  @Test(.disabled(if: PythonDecoder.obstacle != nil, "\(PythonDecoder.obstacle ?? "")"))
  func pythonReadsTheSame() async throws {
    try await Shop.open { shop in
      let answers = try await answers(shop)
      let texts = try PythonDecoder.json(of: answers.map { ($0.type.name, $0.bytes) })
      try #require(texts.count == answers.count)
      for (text, answer) in zip(texts, answers) {
        let options = JSONReadOptions(resolve: { MessageTypes.descriptor(named: $0) })
        let read = try answer.type.packJSON(Array(text.utf8), options: options)
        let own = try answer.type.writeJSON(packed: answer.bytes, options: JSONWriteOptions())
        let other = try answer.type.writeJSON(packed: read, options: JSONWriteOptions())
        #expect(own == other, "\(answer.type.name)")
        #expect(text.count > 100)
      }
    }
  }
}

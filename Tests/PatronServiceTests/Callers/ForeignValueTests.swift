import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronServer
@testable import PatronService

/// Tests that every method with the ids, tokens and positions of another store finds nothing of
/// that store, and changes nothing in it.
@Suite(.timeLimit(.minutes(15)))
struct ForeignValueTests {
  /// A word that every record of the other store has, and no request.
  private static let mark = "MarkOfTwo"

  private static func fill(_ shop: Shop, _ store: String) async throws {
    for number in 0..<4 {
      try await shop.upsert(in: store) {
        $0.externalID = "two-c\(number)"
        $0.email = "two-c\(number)@example.com"
        $0.phoneNumber = "+1415555010\(number)"
        $0.firstName = mark
        $0.acceptsEmailMarketing = true
      }
      try await shop.sync(.of("two-o\(number)", 100) { $0.name = mark }, in: store) {
        $0.externalID = "two-c\(number)"
      }
      try await shop.record(
        in: store,
        requestID: "two-r\(number)",
        of: { $0.externalID = "two-c\(number)" }
      ) {
        RecordEventTests.quiz("two-e\(number)")(&$0)
        $0.title = mark
      }
    }
  }

  /// Returns every id, token and position that a caller of the store sees.
  private static func values(_ shop: Shop, _ store: String) async throws -> ForeignValues {
    var values = ForeignValues()
    for number in 0..<4 {
      values.texts += [
        "two-c\(number)", "two-c\(number)@example.com", "+1415555010\(number)", "two-o\(number)",
        "two-r\(number)", "two-e\(number)",
      ]
      let customer = try await shop.customer(.externalID("two-c\(number)"), in: store)
      let timeline = try await shop.timeline(.externalID("two-c\(number)"), in: store)
      values.texts.append(customer.etag)
      values.numbers.append(customer.id)
      values.numbers += timeline.events.flatMap { [$0.id, $0.sequence] }
    }
    let customers = try await shop.customers.listCustomers(
      .with {
        $0.storeID = store
        $0.pageSize = 1
      }
    )
    let events = try await shop.timelines.getTimeline(
      .with {
        $0.storeID = store
        $0.customer = .with { $0.ref = .externalID("two-c0") }
        $0.pageSize = 1
      }
    )
    let orders = try await shop.timelines.listOrders(
      .with {
        $0.storeID = store
        $0.customer = .with { $0.ref = .externalID("two-c0") }
      }
    )
    values.numbers += orders.orders.map(\.id)
    values.texts += [customers.nextPageToken, events.nextPageToken, "quiz_app", "first_name"]
    return values
  }

  /// Returns the answers of the store to the reads of everything in it.
  private static func view(_ shop: Shop, _ store: String) async throws -> [String] {
    var view = [try await shop.list(in: store).json()]
    for number in 0..<4 {
      view.append(try await shop.get(.externalID("two-c\(number)"), in: store, view: .full).json())
      view.append(try await shop.timeline(.externalID("two-c\(number)"), in: store).json())
    }
    return view
  }

  /// Returns true if an answer holds the mark of the other store.
  private static func leaks(_ answer: [UInt8]) -> Bool {
    let mark = Array(mark.utf8)
    guard answer.count >= mark.count else { return false }
    return (0...(answer.count - mark.count)).contains { start in
      answer[start..<(start + mark.count)].elementsEqual(mark)
    }
  }

  private static func call(_ shop: Shop, _ method: Method, _ request: [UInt8]) async -> [UInt8] {
    do throws(RPCError) {
      if method.kind == .unary {
        return try await shop.client.unary(method, request, CallOptions(retries: false))
      }
      let stream = try await shop.client.stream(method, request, CallOptions())
      var answer = try await stream.next() ?? []
      if method.name.hasPrefix("Export") {
        while let message = try await stream.next() { answer += message }
      }
      stream.cancel()
      return answer
    } catch {
      return Array("\(error)".utf8) + error.details.flatMap(\.value)
    }
  }

  @Test(arguments: SeededRandom.seeds(1, 2))
  func noMethodFindsOrChangesWhatIsOfAnotherStore(_ seed: UInt64) async throws {
    try await Shop.open { shop in
      try await Self.fill(shop, "two")
      let values = try await Self.values(shop, "two")
      let before = try await Self.view(shop, "two")
      #expect(before.allSatisfy { $0.contains(Self.mark) })
      var random = SeededRandom(seed: seed)
      var answered: Set<Method> = []
      for contract in Contract.services.filter({ $0.name.hasPrefix("patron.") }).flatMap(\.methods)
      where Routes.patron().methods.contains(contract.method) {
        let type = try #require(MessageTypes.descriptor(named: contract.requestType))
        for _ in 0..<(contract.method.kind == .unary ? 40 : 5) {
          let request = values.request(type, in: "one", &random)
          let answer = await Self.call(shop, contract.method, request)
          #expect(!Self.leaks(answer), "\(contract.method), seed \(seed)")
          answered.insert(contract.method)
        }
      }
      #expect(answered.count == Routes.patron().methods.count)
      let after = try await Self.view(shop, "two")
      #expect(after == before)
    }
  }
}

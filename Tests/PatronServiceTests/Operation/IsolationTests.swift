import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests that two stores with the same identifiers never see each other.
struct IsolationTests {
  private func fill(_ shop: Shop, _ store: String, name: String) async throws {
    for number in 0..<3 {
      try await shop.upsert(in: store) {
        $0.externalID = "c\(number)"
        $0.email = "c\(number)@example.com"
        $0.phoneNumber = "+1415555010\(number)"
        $0.firstName = name
        $0.acceptsEmailMarketing = true
      }
      let order = Order.of("o\(number)", 100) { $0.name = name }
      try await shop.sync(order, in: store) { $0.externalID = "c\(number)" }
      try await shop.record(
        in: store,
        requestID: "r\(number)",
        of: { $0.externalID = "c\(number)" }
      ) {
        RecordEventTests.quiz("e\(number)")(&$0)
        $0.title = name
      }
    }
  }

  /// Returns the answers of a store to all kinds of reads.
  private func view(_ shop: Shop, _ store: String) async throws -> [String] {
    var answers: [String] = []
    for number in 0..<3 {
      let refs: [CustomerRef.Ref] = [
        .externalID("c\(number)"), .email("c\(number)@example.com"),
        .phoneNumber("+1415555010\(number)"),
      ]
      for ref in refs {
        answers.append(try await shop.get(ref, in: store, view: .full).json())
        answers.append(try await shop.timeline(ref, in: store).json())
      }
      let key = EventKey.with {
        $0.source = .thirdParty
        $0.sourceName = "quiz_app"
        $0.eventID = "e\(number)"
      }
      let event = try await shop.timelines.getEvent(
        .with {
          $0.storeID = store
          $0.event = .key(key)
        }
      )
      answers.append(try event.json())
    }
    for query in [nil, "example", "c", "555010", "1"] {
      answers.append(try await shop.list(query, in: store).json())
    }
    return answers
  }

  @Test func theSameIdentifiersInTwoStores() async throws {
    try await Shop.open { shop in
      try await fill(shop, "one", name: "NameOne")
      let one = try await view(shop, "one")
      try await fill(shop, "two", name: "NameTwo")
      #expect(try await view(shop, "one") == one)
      let two = try await view(shop, "two")
      #expect(one.allSatisfy { $0.contains("NameOne") && !$0.contains("NameTwo") })
      #expect(two.allSatisfy { $0.contains("NameTwo") && !$0.contains("NameOne") })
      // Changes of one store leave the other unchanged.
      try await shop.upsert(in: "two") {
        $0.externalID = "c1"
        $0.email = "moved@example.com"
        $0.acceptsEmailMarketing = false
      }
      try await shop.sync(
        .of("o1", 5) { $0.cancellation = .with { $0.cancelledAt = .at(1_700_000_000) } },
        in: "two"
      )
      #expect(try await view(shop, "one") == one)
      #expect(try await shop.list().customers.isEmpty, "the default store is a third one")
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  /// Ids, sequences and etags of a store are the same whatever happens in others.
  @Test func numbersTellNothingOfOtherStores() async throws {
    func numbers(beside others: [String]) async throws -> [String] {
      var numbers: [String] = []
      try await Shop.open { shop in
        for number in 0..<3 {
          for other in others { try await fill(shop, "\(other)\(number)", name: "x") }
          let made = try await shop.upsert(in: "one") {
            $0.externalID = "c\(number)"
            $0.email = "c\(number)@example.com"
          }
          let order = try await shop.sync(.of("o\(number)", 100), in: "one") {
            $0.externalID = "c\(number)"
          }
          let events = try await shop.timeline(.externalID("c\(number)"), in: "one").events
          numbers.append("\(made.customer?.id ?? 0) \(made.customer?.etag ?? "")")
          numbers.append("\(order.order?.id ?? 0)")
          numbers.append("\(events.map { [$0.id, $0.sequence] })")
        }
        let error = try await failure {
          let watch = try await shop.timelines.watchTimeline(
            .with {
              $0.storeID = "one"
              $0.afterSequence = 1_000_000
            }
          )
          for try await _ in watch {}
        }
        numbers.append("\(error.metadata)")
      }
      return numbers
    }
    let alone = try await numbers(beside: [])
    #expect(alone.count == 10)
    #expect(try await numbers(beside: ["two", "three"]) == alone)
  }

  @Test func numbersOfAnotherStoreFindNothing() async throws {
    try await Shop.open { shop in
      try await fill(shop, "one", name: "x")
      let customer = try await shop.customer(.externalID("c1"), in: "one")
      let event = try await shop.timeline(.id(customer.id), in: "one").events[0]
      for store in ["", "two"] {
        for ref in [CustomerRef.Ref.id(customer.id), .externalID("c1"), .email("c1@example.com")] {
          let get = try await failure { try await shop.get(ref, in: store) }
          #expect(get.reason == "CUSTOMER_NOT_FOUND")
          let timeline = try await failure { try await shop.timeline(ref, in: store) }
          #expect(timeline.reason == "CUSTOMER_NOT_FOUND")
        }
        let error = try await failure {
          try await shop.timelines.getEvent(
            .with {
              $0.storeID = store
              $0.event = .id(event.id)
            }
          )
        }
        #expect(error.reason == "EVENT_NOT_FOUND")
        #expect(try await shop.search("example", in: store) == [])
      }
      #expect(
        try await shop.customer(.id(customer.id), in: "one").externalID == "c1"
      )
    }
  }
}

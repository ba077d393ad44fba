import PatronProto
import ProtobufC
import TTRPC
import Testing

/// Tests of BatchGetCustomers.
struct BatchGetTests {
  private func get(
    _ shop: Shop,
    _ refs: [CustomerRef.Ref?],
    in store: String = ""
  ) async throws -> BatchGetCustomersResponse {
    try await shop.customers.batchGetCustomers(
      .with {
        $0.storeID = store
        $0.customers = refs.map { ref in .with { $0.ref = ref } }
      }
    )
  }

  @Test func inOrderWithPositionsOfThoseMissing() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "a@example.com"
      }
      try await shop.upsert { $0.phoneNumber = "+14155550100" }
      try await shop.sync(.of("o1", 100))
      let one = try await shop.customer(.externalID("c1"))
      let two = try await shop.customer(.phoneNumber("+14155550100"))
      let answer = try await get(
        shop,
        [
          .externalID("none"), .phoneNumber("+14155550100"), .id(one.id), .id(99_999),
          .email("A@example.com"),
        ]
      )
      #expect(answer.customers == [two, one, one])
      #expect(answer.missing == [0, 3])
      #expect(one.orderStats.count == 1)
      #expect(try await get(shop, [.id(one.id)], in: "other").missing == [0])
    }
  }

  @Test func limits() async throws {
    try await Shop.open { shop in
      for count in [0, 101] {
        let broken1 = try await violations {
          try await get(shop, Array(repeating: .id(1), count: count))
        }
        #expect(broken1 == [Broken("customers", "BATCH_SIZE_OUT_OF_RANGE")])
      }
      #expect(try await get(shop, Array(repeating: .id(1), count: 100)).missing.count == 100)
      let broken2 = try await violations { try await get(shop, [.id(1), nil]) }
      #expect(broken2 == [Broken("customers[1]", "REF_MISSING")])
      let broken3 = try await violations { try await get(shop, [.id(1), .email("nobody")]) }
      #expect(broken3 == [Broken("customers[1].email", "EMAIL_MALFORMED")])
    }
  }

  @Test func whatFitsNoAnswerSaysHowManyDo() async throws {
    try await Shop.open { shop in
      let tags = (0..<250).map { "\($0)" + String(repeating: "x", count: 250) }
      for number in 0..<60 {
        try await shop.upsert {
          $0.email = "a\(number)@example.com"
          $0.tags = tags.joined(separator: ",")
        }
      }
      let refs = (0..<60).map { CustomerRef.Ref.email("a\($0)@example.com") }
      let error = try await failure { try await get(shop, refs) }
      #expect(error.code == .resourceExhausted && error.reason == "ANSWER_TOO_LARGE")
      let fitting = Int(error.metadata["fitting"] ?? "") ?? 0
      #expect((40..<60).contains(fitting))
      #expect(try await get(shop, Array(refs.prefix(fitting))).customers.count == fitting)
    }
  }
}

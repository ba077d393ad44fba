import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of ListAudit.
struct ListAuditTests {
  /// Records twelve rows: of the stores `default` and `two` by turns, but the fifth of every store.
  private func fill(_ shop: Shop) async throws {
    for number in 1...12 {
      try await shop.write { transaction in
        transaction.auditCaller = AuditCaller(
          keyID: number == 3 ? KeyID(value: 3) : nil,
          onBehalfOf: number == 4 ? "ada" : "",
          peer: "192.0.2.1",
          requestID: UInt64(number),
          at: 1_700_000_000_000_000 + Int64(number)
        )
        let store = number == 5 ? "*" : number % 2 == 0 ? "default" : "two"
        if number == 6 {
          transaction.record(.mergePerform, store: store, [.merge(9), .customer(1)])
        } else {
          transaction.record(.settingsUpdate, store: store, [])
        }
      }
    }
  }

  private func pages(
    _ shop: Shop,
    _ adjust: (inout ListAuditRequest) -> Void
  ) async throws -> [[AuditEntry]] {
    var request = ListAuditRequest()
    adjust(&request)
    var pages: [[AuditEntry]] = []
    repeat {
      let page = try await AdminServiceClient(channel: shop.client).listAudit(request)
      pages.append(page.entries)
      request.pageToken = page.nextPageToken
    } while !request.pageToken.isEmpty && pages.count < 100
    return pages
  }

  private func sequences(
    _ shop: Shop,
    _ adjust: (inout ListAuditRequest) -> Void
  ) async throws -> [[Int64]] {
    try await pages(shop, adjust).map { $0.map(\.sequence) }
  }

  @Test func pagesInBothOrders() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      #expect(
        try await sequences(shop) {
          $0.everyStore = true
          $0.pageSize = 5
        } == [[12, 11, 10, 9, 8], [7, 6, 5, 4, 3], [2, 1]]
      )
      #expect(
        try await sequences(shop) {
          $0.everyStore = true
          $0.oldestFirst = true
          $0.pageSize = 6
        } == [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]]
      )
      #expect(try await sequences(shop) { $0.pageSize = 4 } == [[12, 10, 8, 6], [4, 2]])
      #expect(
        try await sequences(shop) {
          $0.storeID = "two"
          $0.oldestFirst = true
          $0.afterSequence = 3
        } == [[7, 9, 11]]
      )
      #expect(try await sequences(shop) { $0.afterSequence = 9 } == [[12, 10]])
      #expect(try await sequences(shop) { $0.storeID = "empty" } == [[]])
    }
  }

  @Test func filters() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      func found(_ adjust: (inout ListAuditRequest) -> Void) async throws -> [Int64] {
        try await sequences(shop) {
          $0.everyStore = true
          adjust(&$0)
        }.flatMap(\.self)
      }
      #expect(try await found { $0.actions = ["merge.perform", "key.create"] } == [6])
      #expect(try await found { $0.keyID = KeyID(value: 3).text } == [3])
      #expect(
        try await found {
          $0.recordedFrom = .init(micros: 1_700_000_000_000_003)
          $0.recordedBefore = .init(micros: 1_700_000_000_000_005)
        } == [4, 3]
      )
    }
  }

  @Test func entriesHaveWhatRowsHave() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      let entries = try await pages(shop) {
        $0.everyStore = true
        $0.oldestFirst = true
      }.flatMap(\.self)
      let rows = try shop.audit()
      #expect(entries.map { AuditRow($0) } == rows)
      #expect(entries[2].author?.keyID == KeyID(value: 3).text)
      #expect(entries[3].author?.onBehalfOf == "ada" && entries[3].author?.keyID == "")
      #expect(entries[4].author == nil && entries[4].storeID == "*")
      #expect(entries[5].targets == ["merge:9", "customer:1"])
      #expect(entries[5].requestID == "0000000000000006" && entries[5].result == 0)
      // A client can verify the log as the database can.
      var verification = AuditVerification(behind: AuditChain.begin)
      for entry in entries { try verification.check(AuditRow(entry)) }
      #expect(verification.count == 12)
    }
  }

  @Test func requestsAreChecked() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      let broken = try await violations {
        try await pages(shop) {
          $0.afterSequence = -1
          $0.actions = ["merge.preform"]
          $0.keyID = "KEY"
          $0.recordedFrom = .at(2)
          $0.recordedBefore = .at(1)
        }
      }
      #expect(
        broken == [
          Broken("after_sequence", "SEQUENCE_NEGATIVE"),
          Broken("actions[0]", "ACTION_UNKNOWN"), Broken("key_id", "KEY_ID_MALFORMED"),
          Broken("recorded_before", "TIME_RANGE_REVERSED"),
        ]
      )
      let nonsense = await #expect(throws: RPCError.self) {
        try await pages(shop) { $0.actions = ["nonsense"] }
      }
      let expected = nonsense?.violations.first?.description ?? ""
      for action in AuditAction.allCases { #expect(expected.contains(action.rawValue)) }
      let many = try await violations {
        try await pages(shop) { $0.actions = .init(repeating: "key.create", count: 51) }
      }
      #expect(many == [Broken("actions", "LIST_TOO_LONG")])
      _ = try await pages(shop) { $0.actions = .init(repeating: "key.create", count: 50) }
      for size in [Int32(-1), 1001] {
        let sizes = try await violations { try await pages(shop) { $0.pageSize = size } }
        #expect(sizes == [Broken("page_size", "PAGE_SIZE_OUT_OF_RANGE")])
      }
      let first = try await AdminServiceClient(channel: shop.client)
        .listAudit(.with { $0.pageSize = 1 })
      let other = try await violations {
        try await pages(shop) {
          $0.pageToken = first.nextPageToken
          $0.oldestFirst = true
        }
      }
      #expect(other == [Broken("page_token", "PAGE_TOKEN_MISMATCH")])
    }
  }

  /// A key of one store never sees the entries of another, or those of every store.
  @Test func aKeyOfAStoreSeesItsOwnRows() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      let open = CallContext.test()
      let context = CallContext(
        principal: Principal(store: .default),
        store: .default,
        peer: open.peer,
        id: open.id,
        now: open.now,
        errors: open.errors
      )
      let reader = try shop.store.makePointReader {}
      defer { reader.endTick() }
      func list(_ request: ListAuditRequest) throws -> [String] {
        try reader.read { transaction in
          var response = ResponseBuffer()
          try AdminHandlers.listAudit(
            request,
            ReadContext(call: context, transaction: transaction),
            &response
          )
          return try ListAuditResponse(decoding: response.takeBytes()).entries.map(\.storeID)
        }
      }
      let own = try list(.init())
      #expect(own == ["default", "default", "default", "default", "default", "default"])
      #expect {
        try list(.with { $0.everyStore = true })
      } throws: { error in
        let status = RPCError.from(error)
        return status.code == .permissionDenied && status.reason == "EVERY_STORE_NEEDED"
      }
    }
  }

  /// A filter that matches nothing ends its pages, so that a call is never long.
  @Test func aPageEndsAfterManyRows() async throws {
    try await Shop.open { shop in
      let count = AdminHandlers.maxAuditRows
      try await shop.write { transaction in
        let caller = AuditCaller(keyID: nil, onBehalfOf: "", peer: "192.0.2.1")
        for _ in 0...count {
          transaction.record(
            .authenticationFail,
            store: "",
            [.reason("KEY_UNKNOWN")],
            result: 16,
            by: caller
          )
        }
      }
      let pages = try await pages(shop) {
        $0.everyStore = true
        $0.actions = ["key.create"]
      }
      #expect(pages == [[], []])
    }
  }
}

import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the lane in which a read runs, and of answers that do not depend on it.
struct LongReadTests {
  private final class IdleLoop: ServerLoop {
    func complete(_ completions: [Completion]) {}
    func execute(_ work: @escaping @Sendable () -> Void) {}
    func execute(after delay: Duration, _ work: @escaping @Sendable () -> Void) {}
  }

  private static let quiz = ["quiz_completed"]

  private static func timeline(_ filter: (inout EventFilter) -> Void) throws -> [UInt8] {
    try GetTimelineRequest.with {
      $0.customer = .with { $0.ref = .externalID("c1") }
      $0.filter = .with(filter)
    }.encoded()
  }

  private static func count(
    _ filters: [String],
    query: String = "",
    facets: [String] = []
  ) throws -> [UInt8] {
    try CountCustomersRequest.with {
      $0.filter = .with {
        $0.query = query
        if !filters.isEmpty {
          $0.selections = [
            .with {
              $0.category = "orders"
              $0.filters = filters
            }
          ]
        }
      }
      $0.facetCategories = facets
    }.encoded()
  }

  private static func list(_ sort: CustomerSort) throws -> [UInt8] {
    try ListCustomersRequest.with { $0.sort = sort }.encoded()
  }

  /// Reads that the connection's thread answers, and reads that it hands on without a look.
  @Test func longReadsLeaveTheThreadOfTheirConnection() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
      }
      let router = try Router(
        .patron(),
        store: shop.store,
        watches: WatchHub(),
        loop: IdleLoop(),
        clock: .system,
        log: LogCollector().log
      )
      func isLong(_ method: Method, _ payload: [UInt8]) throws -> Bool {
        let index = try #require(router.methods.firstIndex(of: method))
        var response = ResponseBuffer()
        let call = ServerCall(
          target: ReplyTarget(connection: 1, stream: 1),
          deadline: nil,
          metadata: MetadataView(),
          peer: Peer(address: "test")
        )
        switch router.unary(index, payload.span.bytes, call, &response) {
        case .pending: return true
        case .replied: return false
        case .failed(let error): throw error
        }
      }
      let timeline = TimelineService.getTimeline.method
      let count = CustomerService.countCustomers.method
      let list = CustomerService.listCustomers.method
      let short: [(Method, [UInt8])] = [
        (timeline, try Self.timeline { _ in }),
        (timeline, try Self.timeline { $0.types = Self.quiz }),
        (count, try Self.count([])), (count, try Self.count(["one_order"])),
        (count, try Self.count([], facets: ["*"])),
        (list, try Self.list(.unspecified)), (list, try Self.list(.created)),
        (list, try Self.list(.lastEvent)),
      ]
      for (number, (method, payload)) in short.enumerated() {
        let isLong = try isLong(method, payload)
        #expect(!isLong, "\(method), \(number)")
      }
      let long: [(Method, [UInt8])] = [
        (timeline, try Self.timeline { $0.query = "x" }),
        (timeline, try Self.timeline { $0.campaignID = "x" }),
        (timeline, try Self.timeline { $0.orderExternalID = "x" }),
        (timeline, try Self.timeline { $0.products = ["sms"] }),
        (timeline, try Self.timeline { $0.channels = [.sms] }),
        (count, try Self.count(["no_orders", "one_order"])),
        (count, try Self.count([], query: "x")),
        (count, try Self.count(["one_order"], facets: ["email"])),
        (list, try Self.list(.name)), (list, try Self.list(.updated)),
        (list, try Self.list(.totalSpent)), (list, try Self.list(.orderCount)),
        (CustomerService.listSuppressions.method, []),
      ]
      for (number, (method, payload)) in long.enumerated() {
        let isLong = try isLong(method, payload)
        #expect(isLong, "\(method), \(number)")
      }
    }
  }

  // MARK: - Answers

  private static let budgets: [@Sendable (inout StoreLimits) -> Void] = [
    { $0.pointBudgetBytes = 0 },
    { $0.pointBudgetTime = .zero },
    { $0.pointBudgetSteps = 0 },
  ]

  /// Reads every kind of page of a shop with many customers, and of one with many events.
  private func answers(_ limits: StoreLimits) async throws -> [[String]] {
    var answers: [[String]] = []
    try await Shop.open(limits: limits) { shop in
      _ = try await shop.customers.batchUpsertCustomers(
        .with {
          $0.customers = (0..<300).map { number in
            .with {
              $0.externalID = "c\(number)"
              $0.email = "c\(number)@example.com"
              $0.firstName = String(repeating: "n", count: 200)
            }
          }
        }
      )
      _ = try await shop.timelines.batchRecordEvents(
        .with {
          $0.items = (0..<300).map { number in
            RecordEventItem.with {
              $0.customer = .with { $0.email = "c1@example.com" }
              $0.event = .with(
                RecordEventTests.quiz("e\(number)", at: 1_700_000_000 - Int64(number))
              )
            }
          }
        }
      )
      var token = ""
      repeat {
        let page = try await shop.list(size: 100, token: token)
        answers.append(page.customers.compactMap(\.externalID))
        token = page.nextPageToken
      } while !token.isEmpty
      repeat {
        let page = try await shop.timeline(.externalID("c1"), size: 100, token: token)
        answers.append(page.events.map(\.eventID).filter { $0.hasPrefix("e") })
        token = page.nextPageToken
      } while !token.isEmpty
      let batch = try await shop.customers.batchGetCustomers(
        .with {
          $0.customers = (0..<100).map { number in .with { $0.ref = .externalID("c\(number)") } }
          $0.view = .full
        }
      )
      answers.append(batch.customers.compactMap(\.externalID))
      answers.append(["\(try await shop.count(CustomerFilter.of([:])).total)"])
    }
    return answers
  }

  /// A read past its budget of bytes, time or steps answers what a read within it answers.
  @Test(arguments: budgets)
  func aBudgetChangesNoAnswer(
    _ budget: @escaping @Sendable (inout StoreLimits) -> Void
  ) async throws {
    var limits = StoreLimits()
    budget(&limits)
    let within = try await answers(StoreLimits())
    let past = try await answers(limits)
    #expect(within == past)
    #expect(within.count > 6)
  }
}

import PatronProto
import ProtobufC
import TTRPC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of random requests with merges and unmerges. After every few requests all checks of
/// `patrond check` hold, nothing is lost, and no customer can receive more than before.
struct MergeRandomTests {
  @Test(arguments: SeededRandom.seeds(1, 7, 20_261_121, 99_991))
  func nothingIsLostAndNothingWidens(_ seed: UInt64) async throws {
    try await Shop.open { shop in
      var run = MergeRun(shop, seed: seed)
      for number in 0..<400 {
        try await run.step("seed \(seed), step \(number)")
        if number % 40 == 39 {
          let findings = try shop.findings()
          try #require(findings == [], "seed \(seed), step \(number): \(findings)")
          try await run.checkNothingIsLost("seed \(seed), step \(number)")
        }
      }
      #expect(run.merges > 10 && run.unmerges > 5, "seed \(seed)")
    }
  }
}

/// A run with one seed.
private struct MergeRun {
  let shop: Shop
  var random: SeededRandom
  var merges = 0
  var unmerges = 0
  private var open: [Int64] = []
  private var orders: Set<String> = []
  private var events: Set<String> = []

  init(_ shop: Shop, seed: UInt64) {
    self.shop = shop
    random = SeededRandom(seed: seed)
  }

  private mutating func roll(_ sides: Int) -> Int { Int.random(in: 0..<sides, using: &random) }

  private mutating func ref() -> CustomerRef.Ref {
    switch roll(3) {
    case 0: .externalID("c\(roll(6))")
    case 1: .email("a\(roll(12))@example.com")
    default: .phoneNumber("+1415555010\(roll(9))")
    }
  }

  private mutating func input() -> CustomerInput {
    var input = CustomerInput()
    if roll(2) == 0 { input.externalID = "c\(roll(6))" }
    if roll(2) == 0 { input.email = "a\(roll(12))@example.com" }
    if input.email == nil || roll(3) == 0 { input.phoneNumber = "+1415555010\(roll(9))" }
    if roll(3) == 0 { input.firstName = "N\(roll(3))" }
    if roll(3) == 0 { input.tags = "t\(roll(3)),t\(roll(6))" }
    return input
  }

  mutating func step(_ place: String) async throws {
    do {
      switch roll(12) {
      case 0, 1: try await upsert()
      case 2: try await order()
      case 3: try await event()
      case 4, 5: try await agree()
      case 6: try await optOut()
      case 7: try await suppress()
      case 8, 9: try await merge(place)
      default: try await unmerge(place)
      }
    } catch let error as RPCError {
      let allowed: [StatusCode] = [
        .invalidArgument, .notFound, .alreadyExists, .failedPrecondition,
      ]
      #expect(allowed.contains(error.code), "\(place): \(error)")
    }
  }

  private mutating func upsert() async throws {
    let given = input()
    try await shop.upsert { $0 = given }
  }

  private mutating func order() async throws {
    let id = "o\(roll(40))"
    let order = Order.of(id, Int64(100 * roll(5)), at: 1_600_000_000 + Int64(roll(5)))
    let given = input()
    try await shop.sync(order) { $0 = given }
    orders.insert(id)
  }

  private mutating func event() async throws {
    let id = "e\(roll(60))"
    let at = 1_600_000_000 + Int64(roll(4))
    let given = input()
    try await shop.record(of: { $0 = given }) {
      $0.eventID = id
      $0.source = .thirdParty
      $0.sourceName = "app"
      $0.type = "ping"
      $0.occurredAt = .at(at)
    }
    events.insert(id)
  }

  private mutating func agree() async throws {
    let given = input()
    let channel: ContactChannel = roll(2) == 0 ? .sms : .email
    let actor: ActorKind = roll(2) == 0 ? .customer : .operator
    let at = 1_600_000_000 + Int64(roll(1000))
    try await shop.subscribe {
      $0.customer = given
      $0.channels = [channel]
      $0.actor = actor
      $0.evidence?.occurredAt = .at(at)
    }
  }

  private mutating func optOut() async throws {
    let ref = ref()
    let channel: ContactChannel = roll(2) == 0 ? .sms : .email
    let actor: ActorKind = roll(2) == 0 ? .customer : .operator
    let at = 1_600_000_000 + Int64(roll(1000))
    try await shop.unsubscribe(ref) {
      $0.channels = [channel]
      $0.actor = actor
      $0.evidence = .with { $0.occurredAt = .at(at) }
    }
  }

  private mutating func suppress() async throws {
    let isEmail = roll(2) == 0
    let ref: CustomerRef.Ref =
      isEmail ? .email("a\(roll(12))@example.com") : .phoneNumber("+1415555010\(roll(9))")
    try await shop.suppress(ref) { $0.channels = [isEmail ? .email : .sms] }
  }

  /// Returns the addresses that may receive messages now.
  private func receivers(_ refs: [CustomerRef.Ref]) async throws -> Set<String> {
    var receivers: Set<String> = []
    for ref in refs {
      let answer = try await shop.get(ref, view: .full)
      for status in answer.channels where status.canReceive {
        let address =
          status.channel == .sms ? answer.customer?.phoneNumber : answer.customer?.email
        receivers.insert("\(address ?? "?") \(status.topic)")
      }
    }
    return receivers
  }

  private mutating func merge(_ place: String) async throws {
    let (primary, secondary) = (ref(), ref())
    let prefer = ["email", "phone_number", "external_id", "first_name"].filter { _ in roll(4) == 0 }
    let before = try await receivers([primary, secondary])
    let preview = try await shop.merge(primary, secondary, prefer: prefer, preview: true)
    let merged = try await shop.merge(primary, secondary, prefer: prefer)
    #expect(preview.eventCount == merged.eventCount, "\(place)")
    #expect(preview.customer?.tags == merged.customer?.tags, "\(place)")
    #expect(preview.customer?.orderStats == merged.customer?.orderStats, "\(place)")
    let after = try await receivers([primary])
    #expect(after.isSubset(of: before), "\(place): \(after) \(before)")
    #expect(try await shop.customer(secondary).id == merged.customer?.id, "\(place)")
    open.append(merged.mergeID)
    merges += 1
  }

  private mutating func unmerge(_ place: String) async throws {
    guard !open.isEmpty else { return }
    // Mostly the latest merge, which can be undone.
    let index = roll(3) == 0 ? roll(open.count) : open.count - 1
    let id = open[index]
    let undone = try await shop.unmerge(id)
    let (primary, secondary) = (undone.primary?.id ?? 0, undone.secondary?.id ?? 0)
    #expect(primary != secondary && primary > 0 && secondary > 0, "\(place)")
    #expect(try await shop.customer(.id(secondary)) == undone.secondary, "\(place)")
    open.remove(at: index)
    unmerges += 1
  }

  /// Checks that every order and event is still on a timeline, and that every identifier finds its
  /// customer.
  func checkNothingIsLost(_ place: String) async throws {
    var ordersFound: Set<String> = []
    var eventsFound: Set<String> = []
    for customer in try await shop.list(size: 100).customers {
      let image = try await shop.belongings(of: customer.id)
      ordersFound.formUnion(image.orders.map(\.externalID))
      eventsFound.formUnion(image.events.filter { $0.source == .thirdParty }.map(\.eventID))
      var refs: [CustomerRef.Ref] = [.id(customer.id)]
      if let id = customer.externalID { refs.append(.externalID(id)) }
      if let email = customer.email { refs.append(.email(email)) }
      if let phone = customer.phoneNumber { refs.append(.phoneNumber(phone)) }
      for ref in refs { #expect(try await shop.customer(ref).id == customer.id, "\(place)") }
    }
    #expect(ordersFound == orders, "\(place)")
    #expect(eventsFound == events, "\(place)")
  }
}

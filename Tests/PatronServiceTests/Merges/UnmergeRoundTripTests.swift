import PatronProto
import ProtobufC
import TTRPC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of a merge and its end, over many states of consent of both customers: everything that can
/// be read of them is as before.
struct UnmergeRoundTripTests {
  @Test(arguments: SeededRandom.seeds(3, 41, 20_261_129, 777, 4_004, 65_537))
  func everythingIsAsBefore(_ seed: UInt64) async throws {
    for number in 0..<12 {
      let place = "seed \(seed), pair \(number)"
      try await Shop.open { shop in
        var pair = GeneratedPair(shop, seed: seed &* 1_000 &+ UInt64(number))
        try await pair.make()
        let before = try await pair.images()
        let toldBefore = try await [pair.primary, pair.secondary].asyncMap { id in
          try await shop.mergeEvents(of: id)
        }
        let prefer = pair.preferences()
        let merged = try await shop.merge(.id(pair.primary), .id(pair.secondary), prefer: prefer)
        #expect(try shop.findings() == [], "\(place), prefer \(prefer)")
        try await shop.unmerge(merged.mergeID)
        let after = try await pair.images()
        for (was, expected) in zip(after, before) {
          #expect(was == expected, "\(place), prefer \(prefer): \(was.differences(from: expected))")
        }
        let told = try await [pair.primary, pair.secondary].asyncMap { id in
          try await shop.mergeEvents(of: id)
        }
        #expect(
          told == [
            toldBefore[0] + ["profile_merged", "profile_unmerged"],
            toldBefore[1] + ["profile_unmerged"],
          ],
          "\(place)"
        )
        #expect(try shop.findings() == [], "\(place), prefer \(prefer)")
      }
    }
  }

  /// A case from the field: an unmerge subscribes no customer and leaves no address suppressed.
  @Test func nobodySubscribesByTheEndOfAMerge() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "p"
        $0.email = "p@example.com"
      }
      try await shop.upsert {
        $0.externalID = "s"
        $0.email = "s@example.com"
        $0.phoneNumber = "+14155550102"
        $0.acceptsSMSMarketing = true
      }
      try await shop.unsubscribe(.externalID("s")) { $0.channels = [.email] }
      let merged = try await shop.merge(.externalID("p"), .externalID("s"))
      #expect(try await shop.consentEvents(.externalID("p")).count == 2, "those of the other one")
      #expect(try shop.rows("SELECT 1 FROM suppressions", columns: 1).count == 1)
      try await shop.unmerge(merged.mergeID)
      #expect(try await shop.consentEvents(.externalID("p")) == [])
      #expect(try await shop.customer(.externalID("p")).subscriptions == [])
      #expect(try shop.rows("SELECT 1 FROM suppressions", columns: 1) == [])
      #expect(try await shop.status(.sms, of: .externalID("s")).canReceive)
      #expect(try await shop.status(.email, of: .externalID("s")).state == .unsubscribed)
      #expect(try shop.findings() == [])
    }
  }

  /// Other suppressions of an address outlast the merge, whatever their caller gives as source.
  @Test(arguments: ["desk", "merge"])
  func whatWasSaidSinceStays(source: String) async throws {
    try await Shop.open { shop in
      for id in ["p", "s"] {
        try await shop.upsert {
          $0.externalID = id
          $0.email = "\(id)@example.com"
        }
      }
      try await shop.unsubscribe(.externalID("s")) {
        $0.channels = [.email]
        $0.actor = .operator
      }
      let merged = try await shop.merge(.externalID("p"), .externalID("s"))
      try await shop.suppress(.email("s@example.com"), .manual) {
        $0.channels = [.email]
        $0.source = source
      }
      try await shop.unmerge(merged.mergeID)
      let status = try await shop.status(.email, of: .externalID("s"))
      #expect(status.suppressions.map(\.reason) == [.manual])
      #expect(status.suppressions.map(\.source) == [source])
      #expect(try shop.findings() == [])
    }
  }

  /// The primary keeps an address that it got after the merge, without the agreements for the
  /// former address.
  @Test(arguments: [[], ["email"]])
  func anAddressOfSinceHasAgreedToNothing(_ prefer: [String]) async throws {
    try await Shop.open { shop in
      for id in ["p", "s"] {
        try await shop.upsert {
          $0.externalID = id
          $0.email = "\(id)@example.com"
          $0.acceptsEmailMarketing = id == "p"
        }
      }
      let merged = try await shop.merge(.externalID("p"), .externalID("s"), prefer: prefer)
      try await shop.upsert {
        $0.externalID = "p"
        $0.email = "new@example.com"
      }
      let undone = try await shop.unmerge(merged.mergeID)
      #expect(undone.primary?.email == "new@example.com")
      let status = try await shop.status(.email, of: .externalID("p"))
      #expect(status.state == .neverSubscribed && !status.canReceive)
      let other = try await shop.customer(.externalID("s"))
      #expect(other.state(.email, .marketing) == .neverSubscribed)
      #expect(try shop.findings() == [])
    }
  }
}

extension Shop {
  /// Returns the types of the events of merges on a timeline, oldest first.
  fileprivate func mergeEvents(of id: Int64) async throws -> [String] {
    try await timeline(.id(id), size: 100).events.map(\.type)
      .filter { $0.hasPrefix("profile_") && $0.hasSuffix("merged") }.reversed()
  }
}

/// A pair of customers with random consent, and the customers that were merged into the second
/// before.
private struct GeneratedPair {
  let shop: Shop
  var primary: Int64 = 0
  var secondary: Int64 = 0
  private var random: SeededRandom

  init(_ shop: Shop, seed: UInt64) {
    self.shop = shop
    random = SeededRandom(seed: seed)
  }

  private mutating func roll(_ sides: Int) -> Int { Int.random(in: 0..<sides, using: &random) }

  mutating func preferences() -> [String] {
    ["email", "phone_number", "external_id", "first_name", "accepts_email_marketing"]
      .filter { _ in roll(3) == 0 }
  }

  mutating func make() async throws {
    if roll(2) == 0 { try await shop.set { $0.emailDoubleOptIn = true } }
    primary = try await customer("p", 1)
    secondary = try await customer("s", 2)
    guard roll(3) == 0 else { return }
    let third = try await customer("t", 3)
    try await shop.merge(.id(secondary), .id(third))
  }

  private mutating func customer(_ name: String, _ number: Int) async throws -> Int64 {
    let has = roll(4)
    let flags = (0..<2).map { _ in [nil, true, false][roll(3)] }
    let isKnown = roll(3) > 0
    let made = try await shop.upsert {
      if isKnown || has == 0 { $0.externalID = name }
      if has != 1 { $0.email = "\(name)@example.com" }
      if has != 2 && (isKnown || has < 2) { $0.phoneNumber = "+1415555010\(number)" }
      $0.firstName = "N\(name)"
      $0.tags = "vip,\(name)"
      $0.acceptsEmailMarketing = flags[0]
      $0.acceptsSMSMarketing = flags[1]
    }
    let id = made.customer?.id ?? 0
    try await shop.sync(.of("o\(name)", 700)) {
      $0.email = made.customer?.email
      $0.phoneNumber = made.customer?.phoneNumber
    }
    for _ in 0..<roll(7) { try await say(id) }
    return id
  }

  /// Makes one statement, which the rules of consent may refuse.
  private mutating func say(_ id: Int64) async throws {
    let customer = try await shop.customer(.id(id))
    let channel: ContactChannel = roll(2) == 0 ? .sms : .email
    let topic = [Topic.marketing, .marketing, .reviewRequests, .transactional, .loyalty][roll(5)]
    let actor: ActorKind = roll(2) == 0 ? .customer : .operator
    let at = 1_600_000_000 + Int64(roll(1000))
    let choice = roll(9)
    let waits = roll(2) == 0
    let ends = roll(3) == 0
    let reason = [SuppressionReason.manual, .hardBounce, .spamComplaint, .policy][roll(4)]
    do {
      switch choice {
      case 0, 1, 2, 3:
        let token = try await shop.subscribe {
          $0.customer = .with {
            $0.externalID = customer.externalID
            $0.email = customer.email
            $0.phoneNumber = customer.phoneNumber
          }
          $0.channels = [channel]
          $0.topics = [topic]
          $0.actor = actor
          $0.doubleOptIn = choice > 1
          $0.evidence?.occurredAt = .at(at)
          if ends { $0.evidence?.expiresAt = .at(at + 500_000_000) }
        }.confirmationToken
        if choice == 3, !token.isEmpty { try await shop.confirm(token) }
      case 4, 5, 6:
        try await shop.unsubscribe(.id(id)) {
          $0.channels = [channel]
          $0.topics = [topic]
          $0.actor = actor
          $0.evidence = .with { $0.occurredAt = .at(at + (waits ? 2000 : 0)) }
        }
      default: try await shop.suppress(.id(id), reason) { $0.channels = [channel] }
      }
    } catch let error as RPCError {
      #expect(error.code == .failedPrecondition, "\(error)")
    }
  }

  func images() async throws -> [PairImage] {
    try await [primary, secondary].asyncMap { id in try await PairImage(of: id, in: shop) }
  }
}

/// Everything that can be read of one of two customers, without the fields that any change of a
/// record changes, the events of the merge and its end, and the ledger rows that have these as
/// their source.
private struct PairImage: Equatable {
  private var customer: CustomerImage
  private var channels: [ChannelStatus]
  private var addresses: [String: GetAddressStatusResponse] = [:]
  private var filters: [String: Int64] = [:]
  private var cells: [String: String] = [:]

  init(of id: Int64, in shop: Shop) async throws {
    customer = try await shop.belongings(of: id)
    customer.ledger.removeAll { ["merge", "unmerge"].contains($0.evidence?.source ?? "") }
    channels = try await shop.get(.id(id), view: .full).channels
    let emails = ["p", "s", "t"].map { "\($0)@example.com" }
    let refs =
      emails.map(CustomerRef.Ref.email)
      + (1...3).map { CustomerRef.Ref.phoneNumber("+1415555010\($0)") }
    for ref in refs {
      addresses["\(ref)"] = try await shop.customers.getAddressStatus(
        .with { $0.address = .with { $0.ref = ref } }
      )
    }
    for facet in try await shop.count(by: ["*"]).facets {
      filters["\(facet.category)=\(facet.filter)"] = facet.count
    }
    let table = try await shop.exportTable()
    let row = table.dropFirst().first { $0.first == String(id) } ?? []
    for (column, cell) in zip(table.first ?? [], row)
    where !["updated_at", "last_event_at"].contains(column) {
      cells[column] = cell
    }
  }

  /// Returns the differences as text for people.
  func differences(from other: PairImage) -> String {
    var lines: [String] = []
    if customer.record != other.customer.record {
      lines.append("record \(customer.record), was \(other.customer.record)")
    }
    if customer.events != other.customer.events {
      lines.append(
        "events \(customer.events.map(\.type)), were \(other.customer.events.map(\.type))"
      )
    }
    if customer.ledger != other.customer.ledger {
      lines.append("ledger \(customer.ledger), was \(other.customer.ledger)")
    }
    if customer.orders != other.customer.orders { lines.append("orders") }
    if customer.provenance != other.customer.provenance { lines.append("provenance") }
    if channels != other.channels { lines.append("channels \(channels), were \(other.channels)") }
    for (name, value) in addresses where other.addresses[name] != value {
      lines.append("\(name): \(value), was \(other.addresses[name] ?? .init())")
    }
    for (name, value) in filters where other.filters[name] != value {
      lines.append("\(name): \(value), was \(other.filters[name] ?? 0)")
    }
    for (name, value) in cells where other.cells[name] != value {
      lines.append("\(name): \(value), was \(other.cells[name] ?? "none")")
    }
    return lines.joined(separator: "\n")
  }
}

extension Sequence {
  /// Returns the results of `transform`, computed one after the other.
  fileprivate func asyncMap<Result>(
    _ transform: (Element) async throws -> Result
  ) async throws -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try await transform(element)) }
    return results
  }
}

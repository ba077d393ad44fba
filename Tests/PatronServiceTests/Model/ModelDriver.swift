import PatronProto
import ProtobufC
import TTRPC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// A driver that sends the same random requests to a shop and to its model.
struct ModelDriver {
  let shop: Shop
  var model = ModelShop()
  var random: SeededRandom

  init(_ shop: Shop, seed: UInt64) {
    self.shop = shop
    random = SeededRandom(seed: seed)
  }

  private mutating func roll(_ sides: Int) -> Int { Int.random(in: 0..<sides, using: &random) }

  private mutating func maybe<Value>(_ percent: Int, _ value: (inout Self) -> Value) -> Value? {
    roll(100) < percent ? value(&self) : nil
  }

  private mutating func input(clears: Bool) -> ModelShop.Input {
    func text(_ prefix: String, _ suffix: String, _ driver: inout Self) -> String {
      if clears, driver.roll(8) == 0 { return "" }
      return prefix + String(10 + driver.roll(25)) + suffix
    }
    return ModelShop.Input(
      externalID: maybe(60) { "c\($0.roll(25))" },
      email: maybe(55) { text("a", "@example.com", &$0) },
      phone: maybe(35) { text("+141555501", "", &$0) },
      firstName: maybe(50) { clears && $0.roll(4) == 0 ? "" : "N\($0.roll(3))" }
    )
  }

  /// Makes one random request. Returns the answers of the shop and of the model.
  mutating func step() async throws -> (was: ModelShop.Answer, expected: ModelShop.Answer, String) {
    switch roll(10) {
    case 0..<5: try await upsert()
    case 5..<8: try await sync()
    default: try await record()
    }
  }

  private mutating func upsert() async throws -> (ModelShop.Answer, ModelShop.Answer, String) {
    var input = input(clears: true)
    input.acceptsEmail = maybe(30) { $0.roll(2) == 0 }
    let answer = try await Self.answer {
      try await shop.upsert { $0 = CustomerInput(input) }.outcome
    }
    return (answer, model.upsert(input), "upsert \(input)")
  }

  private mutating func sync() async throws -> (ModelShop.Answer, ModelShop.Answer, String) {
    let input = input(clears: false)
    let id = "o\(roll(60))"
    let order = ModelShop.Order(
      currency: roll(3) == 0 ? "EUR" : "USD",
      total: Int64(roll(4) * 500),
      refunded: roll(4) == 0 ? Int64(1 + roll(300)) : 0,
      placedAt: 1_600_000_000 + Int64(roll(4)) * 86_400,
      isCancelled: roll(4) == 0
    )
    let answer = try await Self.answer {
      try await shop.sync(Order(order, id: id), replace: true, allowRegress: true) {
        $0 = CustomerInput(input)
      }.outcome
    }
    return (answer, model.sync(id, order, of: input), "sync \(id) \(order) \(input)")
  }

  private mutating func record() async throws -> (ModelShop.Answer, ModelShop.Answer, String) {
    let input = input(clears: false)
    let id = "e\(roll(80))"
    let type = roll(2) == 0 ? "ping" : "pong"
    let at = 1_600_000_000 + Int64(roll(5))
    let answer = try await Self.answer {
      try await shop.record(of: { $0 = CustomerInput(input) }) {
        $0.eventID = id
        $0.source = .thirdParty
        $0.sourceName = "app"
        $0.type = type
        $0.occurredAt = .at(at)
      }.outcome
    }
    return (
      answer, model.record(id, type, at: at, of: input), "record \(id) \(type) \(at) \(input)"
    )
  }

  private static func answer(_ call: () async throws -> Outcome) async throws -> ModelShop.Answer {
    do {
      switch try await call() {
      case .created: return .created
      case .updated: return .updated
      case .unchanged: return .unchanged
      case .merged: return .merged
      default: return .refused("NO_OUTCOME")
      }
    } catch let error as RPCError {
      return .refused(error.broken.first?.reason ?? error.reason)
    }
  }

  /// Returns all customers of the shop, oldest first.
  func stored() async throws -> [Customer] {
    var all: [Customer] = []
    var token = ""
    repeat {
      let page = try await shop.list(size: 100, token: token)
      all += page.customers
      token = page.nextPageToken
    } while !token.isEmpty && all.count < 10_000
    return all.reversed()
  }
}

extension CustomerInput {
  fileprivate init(_ input: ModelShop.Input) {
    self.init()
    externalID = input.externalID
    email = input.email
    phoneNumber = input.phone
    firstName = input.firstName
    acceptsEmailMarketing = input.acceptsEmail
  }
}

extension Order {
  fileprivate init(_ order: ModelShop.Order, id: String) {
    self = .of(id, order.total, order.currency, at: order.placedAt)
    if order.refunded > 0 {
      refunds = [
        .with {
          $0.externalID = "r"
          $0.refundedAt = .at(order.placedAt + 60)
          $0.amount = .of(order.refunded, order.currency)
        }
      ]
    }
    if order.isCancelled { cancellation = .with { $0.cancelledAt = .at(order.placedAt + 120) } }
  }
}

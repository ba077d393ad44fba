import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of a phone number that several people share.
struct SharedPhoneTests {
  private static let till = "+14155550100"

  /// Syncs an order of a guest who gives the number of the till.
  @discardableResult
  private func order(
    _ shop: Shop,
    _ guest: String,
    at seconds: Int64? = nil,
    phone: String = till
  ) async throws -> SyncOrderResponse {
    try await shop.sync(.of("o-\(guest)", 100, at: seconds ?? GoogleProtobuf.Timestamp.now - 60)) {
      $0.email = "\(guest)@example.com"
      $0.phoneNumber = phone
      $0.firstName = guest
    }
  }

  /// Returns the e-mail addresses of the customers with a shared number, by the filter.
  private func listed(_ shop: Shop) async throws -> [String] {
    let page = try await shop.page(.of(["contact": ["shared_phone"]]), size: 100)
    let count = try await shop.count(by: ["contact"]).facets("contact")["shared_phone"] ?? 0
    #expect(count == Int64(page.customers.count))
    return page.customers.compactMap(\.email).sorted()
  }

  @Test func guestsAtOneTillAreDifferentPeople() async throws {
    try await Shop.open { shop in
      for (number, guest) in ["ann", "bob", "cyd", "dee", "eve"].enumerated() {
        let placed = try await order(shop, guest)
        #expect(placed.customerCreated, "\(guest)")
        #expect(placed.warnings.map(\.reason) == (number == 0 ? [] : ["IDENTIFIER_KEPT"]))
        let customer = try await shop.customer(.email("\(guest)@example.com"))
        #expect(customer.id == placed.order?.customerID && customer.firstName == guest)
        #expect(customer.phoneNumber == (number == 0 ? Self.till : nil))
      }
      #expect(try await shop.customer(.phoneNumber(Self.till)).firstName == "ann")
      // A later order creates no customer, and no number moves.
      for guest in ["ann", "bob"] {
        let again = try await order(shop, guest)
        #expect(!again.customerCreated && again.outcome != .created, "\(guest)")
      }
      let number = try await shop.sync(.of("by-phone", 100)) { $0.phoneNumber = Self.till }
      #expect(number.order?.customerID == (try await shop.customer(.phoneNumber(Self.till)).id))
      #expect(try await shop.list().customers.count == 5)
      #expect(try shop.findings() == [])
    }
  }

  @Test func aKnownCustomerTakesNothingOfAStranger() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "900"
        $0.email = "hal@example.com"
        $0.phoneNumber = Self.till
        $0.acceptsSMSMarketing = true
      }
      let hal = try await shop.customer(.externalID("900"))
      func ida(_ input: inout CustomerInput) {
        input.email = "ida@example.com"
        input.phoneNumber = Self.till
        input.firstName = "Ida"
      }
      let order = try await shop.sync(.of("o1", 100), of: ida)
      #expect(order.customerCreated && order.warnings.map(\.reason) == ["IDENTIFIER_KEPT"])
      #expect(order.warnings.map(\.field) == ["customer.phone_number"])
      let id = try await shop.customer(.email("ida@example.com")).id
      let checkout = try await shop.timelines.syncCheckout(
        .with {
          $0.customer = .with(ida)
          $0.checkout = .with {
            $0.token = "t1"
            $0.startedAt = .at(1_700_000_000)
          }
        }
      )
      #expect(!checkout.customerCreated && checkout.warnings.map(\.reason) == ["IDENTIFIER_KEPT"])
      let event = try await shop.emit(
        "points_earned",
        "e1",
        of: {
          ida(&$0)
          $0.externalID = "901"
        }
      )
      #expect(
        event.event?.customerID == id && event.warnings.map(\.reason).contains("IDENTIFIER_KEPT")
      )
      #expect(try await shop.customer(.id(id)).externalID == "901")
      // A form cannot subscribe another customer's number.
      let form = try await failure {
        try await shop.subscribe { $0.customer = .with(ida) }
      }
      #expect(form.code == .failedPrecondition && form.reason == "ADDRESS_DIFFERS")
      #expect(form.metadata["customer_id"] == String(hal.id))
      #expect(
        try await shop.subscribe {
          $0.customer = .with(ida)
          $0.channels = [.email]
        }.changes.count == 1
      )
      var after = try await shop.customer(.externalID("900"))
      #expect(after == hal, "nothing of Ida's came to him")
      // His own e-mail address, or none, identifies him.
      try await shop.sync(.of("o2", 100)) {
        $0.email = "hal@example.com"
        $0.phoneNumber = Self.till
        $0.firstName = "Hal"
      }
      try await shop.sync(.of("o3", 100)) {
        $0.phoneNumber = Self.till
        $0.lastName = "Example"
      }
      after = try await shop.customer(.externalID("900"))
      #expect(after.firstName == "Hal" && after.lastName == "Example")
      #expect(after.orderStats.map(\.orderCount) == [2])
      #expect(try shop.findings() == [])
    }
  }

  @Test func whoHasNoAddressYetMayBeTheSamePerson() async throws {
    try await Shop.open { shop in
      let first = try await shop.sync(.of("o1", 100)) { $0.phoneNumber = Self.till }
      let second = try await order(shop, "ann")
      #expect(second.order?.customerID == first.order?.customerID && second.warnings.isEmpty)
      #expect(try await order(shop, "bob").customerCreated)
    }
  }

  @Test func manyAddressesInAYearAreTold() async throws {
    try await Shop.open { shop in
      try await shop.set { $0.sharedPhoneThreshold = 3 }
      let now = GoogleProtobuf.Timestamp.now
      let day: Int64 = 86_400
      for guest in ["ann", "bob", "cyd"] { try await order(shop, guest) }
      // A repeated address, and addresses from more than a year ago, do not count.
      try await order(shop, "bob")
      try await order(shop, "old", at: now - 367 * day)
      #expect(try await listed(shop) == [])
      try await order(shop, "dee", at: now - 364 * day)
      #expect(try await listed(shop) == ["ann@example.com"])
      #expect(try shop.findings() == [])
      // A change of the setting takes effect at once, in both directions.
      try await shop.set { $0.sharedPhoneThreshold = 4 }
      #expect(try await listed(shop) == [])
      try await shop.set { $0.sharedPhoneThreshold = 2 }
      #expect(try await listed(shop) == ["ann@example.com"])
      try await shop.set(["shared_phone_threshold"]) { _ in }
      #expect(try await listed(shop) == [])
      #expect(try shop.findings() == [])
    }
  }

  @Test func whatIsKeptIsBoundedAndHashed() async throws {
    try await Shop.open { shop in
      try await shop.set { $0.sharedPhoneThreshold = 2 }
      for number in 0..<20 { try await order(shop, "guest\(number)") }
      #expect(try shop.rows("SELECT count(*) FROM shared_phones", columns: 1) == [["3"]])
      #expect(try await listed(shop) == ["guest0@example.com"])
      // An erasure removes it, also for a guest.
      for number in 1..<20 { try await shop.delete(.email("guest\(number)@example.com")) }
      #expect(try shop.rows("SELECT count(*) FROM shared_phones", columns: 1) == [["0"]])
      #expect(try await listed(shop) == [])
      for number in 20..<22 { try await order(shop, "guest\(number)") }
      #expect(try await listed(shop) == ["guest0@example.com"])
      try await shop.delete(.email("guest0@example.com"))
      #expect(try shop.rows("SELECT count(*) FROM shared_phones", columns: 1) == [["0"]])
      #expect(try await listed(shop) == [])
    }
  }

  @Test func itGoesWithTheNumber() async throws {
    try await Shop.open { shop in
      try await shop.set { $0.sharedPhoneThreshold = 1 }
      try await order(shop, "ann")
      try await order(shop, "bob")
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
      }
      #expect(try await listed(shop) == ["ann@example.com"])
      let merged = try await shop.merge(.externalID("c1"), .email("ann@example.com"))
      #expect(try await listed(shop) == ["c1@example.com"])
      try await shop.set { $0.sharedPhoneThreshold = 5 }
      #expect(try await listed(shop) == [])
      try await shop.set { $0.sharedPhoneThreshold = 1 }
      #expect(try await listed(shop) == ["c1@example.com"])
      try await shop.unmerge(merged.mergeID)
      #expect(try await listed(shop) == ["ann@example.com"])
      let ann = try await shop.customer(.email("ann@example.com")).id
      _ = try await shop.customers.updateCustomer(
        .with {
          $0.id = ann
          $0.customer = .with { $0.phoneNumber = "+14155550999" }
        }
      )
      #expect(try await listed(shop) == [])
      // The customer who gets the number keeps it, with all that came with it.
      try await shop.upsert {
        $0.externalID = "c2"
        $0.email = "c2@example.com"
        $0.phoneNumber = Self.till
      }
      #expect(try await listed(shop) == ["c2@example.com"])
      #expect(try shop.findings() == [])
    }
  }
}

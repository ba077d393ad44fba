import PatronProto
import PatronStore
import ProtobufC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Short forms of the calls about merges.
extension Shop {
  /// Calls MergeCustomers.
  @discardableResult
  func merge(
    _ primary: CustomerRef.Ref,
    _ secondary: CustomerRef.Ref,
    prefer: [String] = [],
    preview: Bool = false,
    requestID: String = "",
    in storeID: String = ""
  ) async throws -> MergeCustomersResponse {
    try await customers.mergeCustomers(
      .with {
        $0.storeID = storeID
        $0.primary = .with { $0.ref = primary }
        $0.secondary = .with { $0.ref = secondary }
        $0.preferSecondary = prefer
        $0.preview = preview
        $0.requestID = requestID
      }
    )
  }

  /// Calls UnmergeCustomers.
  @discardableResult
  func unmerge(
    _ mergeID: Int64,
    requestID: String = "",
    in storeID: String = ""
  ) async throws -> UnmergeCustomersResponse {
    try await customers.unmergeCustomers(
      .with {
        $0.storeID = storeID
        $0.mergeID = mergeID
        $0.requestID = requestID
      }
    )
  }

  /// Returns the findings of `patrond check`.
  func findings() throws -> [String] { try store.check([RecordChecks.run]) }

  /// Returns everything that belongs to a customer, without the fields that every change of a
  /// record changes and without the events of merges.
  func belongings(of id: Int64) async throws -> CustomerImage {
    let ref = CustomerRef.Ref.id(id)
    var record = try await customer(ref)
    record.etag = ""
    record.updatedAt = nil
    record.activity = []
    record.lastEventAt = nil
    record.subscriptions.sort {
      ($0.channel.rawValue, $0.topic.rawValue)
        < ($1.channel.rawValue, $1.topic.rawValue)
    }
    var events: [Event] = []
    var token = ""
    repeat {
      let page = try await timeline(ref, size: 100, token: token)
      events += page.events
      token = page.nextPageToken
    } while !token.isEmpty && events.count < 100_000
    let orders = try await timelines.listOrders(
      .with {
        $0.customer = .with { $0.ref = ref }
        $0.pageSize = 100
      }
    )
    let checkouts = try rows(
      "SELECT token FROM checkouts WHERE customer_id = \(id) ORDER BY token",
      columns: 1
    )
    return CustomerImage(
      record: record,
      events: events.filter { !["profile_merged", "profile_unmerged"].contains($0.type) },
      orders: orders.orders,
      checkouts: checkouts.map { $0[0] },
      ledger: try await history(ref),
      provenance: try await get(ref, view: .full).provenance
    )
  }
}

/// Everything that belongs to a customer.
struct CustomerImage: Equatable {
  var record: Customer
  var events: [Event]
  var orders: [Order]
  var checkouts: [String]
  var ledger: [ConsentRecord]
  var provenance: [FieldProvenance]

  /// The image without consent, to which changes may have added ledger rows.
  var withoutConsent: CustomerImage {
    var image = self
    image.record.subscriptions = []
    image.ledger = []
    return image
  }
}

/// A pair of customers with every kind of data: Ada, whom the shop knows, and a guest with the same
/// name.
struct MergedPair {
  var primary: Int64
  var secondary: Int64

  init(_ shop: Shop) async throws {
    primary =
      try await shop.upsert {
        $0.externalID = "p"
        $0.email = "p@example.com"
        $0.firstName = "Ada"
        $0.tags = "VIP,old"
        $0.customProperties = ["size": .text("M"), "shoe": .text("39")]
      }.customer?.id ?? 0
    secondary =
      try await shop.upsert {
        $0.externalID = "s"
        $0.email = "s@example.com"
        $0.phoneNumber = "+14155550102"
        $0.firstName = "Augusta"
        $0.lastName = "King"
        $0.defaultLanguage = "en-GB"
        $0.tags = "vip,new"
        $0.customProperties = ["size": .text("L"), "hat": .text("7")]
      }.customer?.id ?? 0
    for (customer, order) in [("p", "op"), ("s", "os")] {
      try await shop.sync(.of(order, 500, at: 1_700_000_000)) { $0.externalID = customer }
      try await shop.record(of: { $0.externalID = customer }) {
        $0.eventID = "e\(customer)"
        $0.source = .thirdParty
        $0.sourceName = "helpdesk"
        $0.type = customer == "p" ? "ticket_opened" : "ticket_closed"
        // At the same instant, the event with the later id is the last.
        $0.occurredAt = .at(1_700_000_100)
      }
      _ = try await shop.timelines.syncCheckout(
        .with {
          $0.customer = .with { $0.externalID = customer }
          $0.checkout = .with {
            $0.token = "t\(customer)"
            $0.startedAt = .at(1_700_000_000)
          }
        }
      )
    }
  }
}

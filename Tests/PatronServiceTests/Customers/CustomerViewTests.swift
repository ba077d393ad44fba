import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the full view: every answer that holds a customer reports the channels' marketing
/// statuses.
struct CustomerViewTests {
  private func channels(_ customer: Customer?) -> [String] {
    (customer?.channels ?? []).map { status in
      let reasons = status.blockReasons.map(\.description).joined(separator: ",")
      let topics = status.blockingTopics.map(\.description).joined(separator: ",")
      return "\(status.channel) \(status.state) \(status.canReceive) \(reasons) \(topics)"
    }
  }

  /// Returns the channels of one customer from each method that returns the customer.
  private func shown(
    _ view: CustomerView,
    _ ref: CustomerRef,
    _ shop: Shop
  ) async throws -> [[String]] {
    let got = try await shop.customers.getCustomer(
      .with {
        $0.customer = ref
        $0.view = view
      }
    )
    let list = try await shop.customers.listCustomers(.with { $0.view = view })
    let sorted = try await shop.customers.listCustomers(
      .with {
        $0.view = view
        $0.sort = .name
      }
    )
    let batch = try await shop.customers.batchGetCustomers(
      .with {
        $0.customers = [ref]
        $0.view = view
      }
    )
    let customers = [
      got.customer, list.customers.first, sorted.customers.first, batch.customers.first,
    ]
    return customers.map { channels($0) }
  }

  @Test func getListAndBatchSayTheSame() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "42"
        $0.email = "ann@example.com"
        $0.acceptsEmailMarketing = true
      }
      let ref = CustomerRef.with { $0.ref = .externalID("42") }
      #expect(try await shown(.basic, ref, shop) == [[], [], [], []])
      let before = [
        "CHANNEL_SMS CONSENT_STATE_NEVER_SUBSCRIBED false "
          + "BLOCK_REASON_NO_ADDRESS,BLOCK_REASON_NEVER_SUBSCRIBED ",
        "CHANNEL_EMAIL CONSENT_STATE_SUBSCRIBED true  ",
      ]
      #expect(try await shown(.full, ref, shop) == [before, before, before, before])
      // The state is subscribed, but nothing may be sent.
      _ = try await shop.customers.unsubscribeCustomer(
        .with {
          $0.customer = ref
          $0.channels = [.email]
          $0.topics = [.loyalty]
          $0.actor = .customer
        }
      )
      try await shop.suppress(.externalID("42"), .hardBounce) { $0.channels = [.email] }
      let after = [
        before[0],
        "CHANNEL_EMAIL CONSENT_STATE_SUBSCRIBED false "
          + "BLOCK_REASON_SUPPRESSED,BLOCK_REASON_UNSUBSCRIBED TOPIC_LOYALTY",
      ]
      #expect(try await shown(.full, ref, shop) == [after, after, after, after])
      let unknown = try await violations {
        try await shop.customers.listCustomers(.with { $0.view = .init(rawValue: 7) })
      }
      #expect(unknown == [Broken("view", "ENUM_VALUE_UNKNOWN")])
    }
  }
}

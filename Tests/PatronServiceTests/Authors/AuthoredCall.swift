import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// A method that changes something, and the records that must name the author of the change.
struct AuthoredCall: Sendable, CustomTestStringConvertible {
  let method: TTRPC.Method
  /// Makes the records that the call needs.
  let prepare: @Sendable (Shop) async throws -> Void
  /// Makes the call, and returns the authors in all records that it wrote.
  let call: @Sendable (Shop) async throws -> [Author?]

  init(
    _ method: TTRPC.Method,
    prepare: @escaping @Sendable (Shop) async throws -> Void = { try await $0.known() },
    _ call: @escaping @Sendable (Shop) async throws -> [Author?]
  ) {
    self.method = method
    self.prepare = prepare
    self.call = call
  }

  var testDescription: String { method.name }

  static let all = records + merges + consents + others + orders + parts + deletions
}

// MARK: - Customers

extension AuthoredCall {
  private static let records: [AuthoredCall] = [
    AuthoredCall(CustomerService.upsertCustomer.method, prepare: { _ in }) { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
        $0.acceptsEmailMarketing = true
      }
      return [
        try await shop.author(ofEvent: "profile_created"),
        try await shop.author(ofEvent: "email_subscribed"),
        try await shop.author(ofField: "email"), try await shop.authorOfLedger(),
      ]
    },
    AuthoredCall(CustomerService.batchUpsertCustomers.method, prepare: { _ in }) { shop in
      _ = try await shop.customers.batchUpsertCustomers(
        .with { $0.customers = [.with { $0.email = "a@example.com" }] }
      )
      return [
        try await shop.author(ofEvent: "profile_created", of: .email("a@example.com")),
        try await shop.author(ofField: "email", of: .email("a@example.com")),
      ]
    },
    AuthoredCall(CustomerService.updateCustomer.method) { shop in
      let id = try await shop.customer(.externalID("c1")).id
      _ = try await shop.customers.updateCustomer(
        .with {
          $0.id = id
          $0.customer = .with { $0.firstName = "Ada" }
        }
      )
      return [
        try await shop.author(ofEvent: "profile_updated"),
        try await shop.author(ofField: "first_name"),
      ]
    },
    AuthoredCall(CustomerService.importCustomers.method, prepare: { _ in }) { shop in
      let item = ImportItem.of("c1", sms: .subscribed, at: 1_700_000_000) {
        $0.phoneNumber = "+14155550101"
      }
      try await shop.import([item])
      return [
        try await shop.author(ofEvent: "profile_created"),
        try await shop.author(ofField: "phone_number"), try await shop.authorOfLedger(),
      ]
    },
    AuthoredCall(CustomerService.updateTags.method) { shop in
      _ = try await shop.customers.updateTags(
        .with {
          $0.customers = [.with { $0.ref = .externalID("c1") }]
          $0.add = "vip"
        }
      )
      return [
        try await shop.author(ofEvent: "tags_changed"), try await shop.author(ofField: "tags"),
      ]
    },
    AuthoredCall(CustomerService.deleteCustomer.method) { shop in
      let receipt = try await shop.delete(.externalID("c1")).receiptID
      let event = try await shop.timelines.getEvent(.with { $0.event = .id(receipt) }).event
      return [try #require(event).author]
    },
  ]

  private static let merges: [AuthoredCall] = [
    AuthoredCall(
      CustomerService.mergeCustomers.method,
      prepare: { shop in
        try await shop.known()
        try await shop.known("c2")
        try await shop.unsubscribe(.externalID("c2")) { $0.channels = [.email] }
      },
      { shop in
        try await shop.merge(.externalID("c1"), .externalID("c2"))
        return [try await shop.author(ofEvent: "profile_merged")]
      }
    ),
    AuthoredCall(
      CustomerService.unmergeCustomers.method,
      prepare: { shop in
        try await shop.known()
        try await shop.known("c2")
      },
      { shop in
        let merge = try await shop.merge(.externalID("c1"), .externalID("c2")).mergeID
        try await shop.unmerge(merge)
        return [
          try await shop.author(ofEvent: "profile_unmerged"),
          try await shop.author(ofEvent: "profile_unmerged", of: .externalID("c2")),
        ]
      }
    ),
  ]
}

// MARK: - Consent and settings

extension AuthoredCall {
  private static let consents: [AuthoredCall] = [
    AuthoredCall(CustomerService.subscribeCustomer.method, prepare: { _ in }) { shop in
      try await shop.subscribe()
      return [
        try await shop.authorOfLedger(), try await shop.author(ofEvent: "sms_subscribed"),
      ]
    },
    AuthoredCall(CustomerService.confirmSubscription.method, prepare: { _ in }) { shop in
      let token = try await shop.subscribe { $0.doubleOptIn = true }.confirmationToken
      try await shop.confirm(token)
      return [
        try await shop.authorOfLedger(), try await shop.author(ofEvent: "sms_opt_in_confirmed"),
      ]
    },
    AuthoredCall(
      CustomerService.unsubscribeCustomer.method,
      prepare: { try await $0.subscribe() },
      { shop in
        try await shop.unsubscribe()
        return [
          try await shop.authorOfLedger(), try await shop.author(ofEvent: "sms_unsubscribed"),
        ]
      }
    ),
    AuthoredCall(CustomerService.suppressCustomer.method) { shop in
      try await shop.suppress { $0.channels = [.email] }
      return [
        try await shop.authorOfLedger(), try await shop.author(ofEvent: "email_suppressed"),
      ]
    },
    AuthoredCall(
      CustomerService.unsuppressCustomer.method,
      prepare: { shop in
        try await shop.known()
        try await shop.suppress { $0.channels = [.email] }
      },
      { shop in
        try await shop.unsuppress { $0.channels = [.email] }
        return [
          try await shop.authorOfLedger(), try await shop.author(ofEvent: "email_unsuppressed"),
        ]
      }
    ),
    AuthoredCall(CustomerService.importSuppressions.method) { shop in
      let entry = SuppressionEntry.with {
        $0.address = "c1@example.com"
        $0.reason = .hardBounce
      }
      _ = try await shop.customers.importSuppressions(.with { $0.suppressions = [entry] })
      return [
        try await shop.authorOfLedger(), try await shop.author(ofEvent: "email_suppressed"),
      ]
    },
  ]

  private static let others: [AuthoredCall] = [
    AuthoredCall(CustomerService.updateStoreSettings.method) { shop in
      let answer = try await shop.set { $0.defaultCountry = "DE" }
      let stored = try await shop.customers.getStoreSettings(GetStoreSettingsRequest()).settings
      return [answer.author, try #require(stored).author]
    },
    AuthoredCall(TimelineService.registerEventType.method) { shop in
      let answer = try await shop.timelines.registerEventType(
        .with {
          $0.type = .with {
            $0.sourceName = "quiz_app"
            $0.type = "badge_won"
          }
        }
      )
      let types = try await shop.timelines.listEventTypes(ListEventTypesRequest()).types
      let stored = types.first { $0.type == "badge_won" }
      return [try #require(answer.type).author, try #require(stored).author]
    },
  ]
}

// MARK: - Events and orders

extension AuthoredCall {
  private static let orders: [AuthoredCall] = [
    AuthoredCall(TimelineService.recordEvent.method) { shop in
      let answer = try await shop.record(
        of: {
          $0.externalID = "c1"
          $0.lastName = "Lovelace"
        },
        RecordEventTests.quiz("e1")
      )
      return [
        try #require(answer.event).author, try await shop.author(ofEvent: "quiz_completed"),
      ]
    },
    AuthoredCall(TimelineService.batchRecordEvents.method) { shop in
      let item = RecordEventItem.with {
        $0.customer = .with { $0.externalID = "c1" }
        $0.event = .with(RecordEventTests.quiz("e1"))
      }
      _ = try await shop.timelines.batchRecordEvents(.with { $0.items = [item] })
      return [try await shop.author(ofEvent: "quiz_completed")]
    },
    AuthoredCall(TimelineService.syncOrder.method) { shop in
      let answer = try await shop.sync(.of("o1", 100))
      let read = try await shop.timelines.getOrder(.with { $0.order = .externalID("o1") })
      return [
        try #require(answer.order).author, try #require(read.order).author,
        try await shop.author(ofEvent: "order_placed"),
        try await shop.author(ofField: "order_stats"),
      ] + answer.derivedEvents.map(\.author)
    },
    AuthoredCall(TimelineService.batchSyncOrders.method) { shop in
      let item = SyncOrderItem.with {
        $0.customer = .with { $0.externalID = "c1" }
        $0.order = .of("o1", 100)
      }
      _ = try await shop.timelines.batchSyncOrders(.with { $0.items = [item] })
      let read = try await shop.timelines.getOrder(.with { $0.order = .externalID("o1") })
      return [
        try #require(read.order).author, try await shop.author(ofEvent: "order_placed"),
      ]
    },
    AuthoredCall(TimelineService.syncCheckout.method) { shop in
      let answer = try await shop.timelines.syncCheckout(
        .with {
          $0.customer = .with { $0.externalID = "c1" }
          $0.checkout = .with {
            $0.token = "k1"
            $0.startedAt = .at(1_700_000_000)
          }
        }
      )
      return [try await shop.author(ofEvent: "checkout_started")]
        + answer.derivedEvents.map(\.author)
    },
  ]

  /// Refund 1 of the order o1.
  static let refund = SyncRefundRequest.with {
    $0.orderExternalID = "o1"
    $0.refund = .with {
      $0.externalID = "r1"
      $0.refundedAt = .at(1_700_000_500)
      $0.amount = .of(1)
    }
  }

  @Sendable private static func ordered(_ shop: Shop) async throws {
    try await shop.known()
    try await shop.known("c2")
    try await shop.sync(.of("o1", 100))
  }

  private static let parts: [AuthoredCall] = [
    AuthoredCall(TimelineService.syncRefund.method, prepare: ordered) { shop in
      let answer = try await shop.timelines.syncRefund(refund)
      return [
        try #require(answer.order).author, try await shop.author(ofEvent: "order_refunded"),
      ]
    },
    AuthoredCall(TimelineService.syncFulfillment.method, prepare: ordered) { shop in
      let answer = try await shop.timelines.syncFulfillment(
        .with {
          $0.orderExternalID = "o1"
          $0.fulfillment = .with {
            $0.externalID = "f1"
            $0.fulfilledAt = .at(1_700_000_500)
          }
        }
      )
      return [try #require(answer.order).author] + answer.derivedEvents.map(\.author)
    },
    AuthoredCall(TimelineService.moveOrder.method, prepare: ordered) { shop in
      let answer = try await shop.timelines.moveOrder(
        .with {
          $0.order = .with { $0.ref = .externalID("o1") }
          $0.customer = .with { $0.ref = .externalID("c2") }
        }
      )
      return [
        try #require(answer.order).author, try await shop.author(ofField: "order_stats"),
        try await shop.author(ofField: "order_stats", of: .externalID("c2")),
      ]
    },
  ]

  private static let deletions: [AuthoredCall] = [
    AuthoredCall(TimelineService.deleteOrder.method, prepare: ordered) { shop in
      _ = try await shop.timelines.deleteOrder(
        .with { $0.order = .with { $0.ref = .externalID("o1") } }
      )
      return [
        try shop.authorOfTombstone(), try await shop.author(ofField: "order_stats"),
      ]
    },
    AuthoredCall(
      TimelineService.deleteEvent.method,
      prepare: { shop in
        try await shop.known()
        try await shop.record(RecordEventTests.quiz("e1"))
      },
      { shop in
        let key = EventKey.with {
          $0.source = .thirdParty
          $0.sourceName = "quiz_app"
          $0.eventID = "e1"
        }
        _ = try await shop.timelines.deleteEvent(.with { $0.event = .key(key) })
        return [try shop.authorOfTombstone()]
      }
    ),
  ]
}

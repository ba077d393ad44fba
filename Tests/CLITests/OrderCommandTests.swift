import PatronClient
import Testing

import struct PatronModel.ISO8601Time

@testable import patron

/// Tests of the commands for orders, their parts, checkouts and event types.
struct OrderCommandTests {
  private static func time(_ text: String) throws(RPCError) -> GoogleProtobuf.Timestamp {
    guard let time = try? TimeArgument(text).time.timestamp else {
      throw RPCError(code: .internal, message: "no time: \(text)")
    }
    return .with { $0.seconds = time.seconds }
  }

  private static func order(_ id: Int64) throws(RPCError) -> Order {
    let placed = try time("2024-05-31T12:00:00Z")
    return .with {
      $0.id = id
      $0.customerID = 7
      $0.externalID = "100\(id)"
      $0.placedAt = placed
      $0.paymentStatus = .partiallyRefunded
      $0.total = .with {
        $0.currencyCode = "USD"
        $0.minorUnits = 1699
      }
      $0.refunds = [
        .with {
          $0.externalID = "r1"
          $0.amount = .with {
            $0.currencyCode = "USD"
            $0.minorUnits = 500
          }
        }
      ]
    }
  }

  @Test func listsOrdersByPages() async throws {
    let server = FakeServer()
    server.on(TimelineService.listOrders) { request throws(RPCError) in
      let order = try Self.order(request.pageToken.isEmpty ? 1 : 2)
      return .with {
        $0.orders = [order]
        if request.pageToken.isEmpty { $0.nextPageToken = "next" }
      }
    }
    let outcome = try await patron("timeline", "orders", "--id", "7", "--all", server: server)
    #expect(
      outcome.out == """
        PLACED      ORDER  ID      TOTAL  REFUNDED  STATE
        2024-05-31  1001   1   16.99 USD  5.00 USD  partially refunded
        2024-05-31  1002   2   16.99 USD  5.00 USD  partially refunded

        """
    )
    let one = try await patron(
      "timeline",
      "orders",
      "--email",
      "a@example.com",
      "--limit",
      "1",
      "-o",
      "ndjson",
      server: server
    )
    #expect(one.out.split(separator: "\n").count == 1 && one.err.contains("--page-token next"))
    let request = try server.requests(ListOrdersRequest.self, "ListOrders").last
    #expect(request?.customer == .email("a@example.com") && request?.pageSize == 1)
    #expect(try await patron("timeline", "orders", server: server).status == 2)
    #expect(
      try await patron("timeline", "orders", "--id", "1", "--order-id", "2", server: server).status
        == 2
    )
  }

  @Test func showsOneOrder() async throws {
    let server = FakeServer()
    server.on(TimelineService.getOrder) { request throws(RPCError) in
      var order = try Self.order(1)
      order.fulfillments = [
        .with {
          $0.externalID = "f1"
          $0.shipmentStatus = .inTransit
          $0.trackingNumber = "77"
          $0.items = [
            .with {
              $0.productID = "p1"
              $0.quantity = 2
            }
          ]
        },
        .with {
          $0.externalID = "f2"
          $0.state = .cancelled
        },
      ]
      let shown = order
      let time = try Self.time("2024-06-01")
      return .with {
        $0.order = shown
        $0.events = [
          .with {
            $0.type = "order_refunded"
            $0.title = "Order refunded"
            $0.source = .ecommerce
            $0.occurredAt = time
          }
        ]
      }
    }
    let outcome = try await patron("timeline", "orders", "--order-id", "1001", server: server)
    #expect(outcome.out.contains("refund       r1, 5.00 USD"), "\(outcome.out)")
    #expect(outcome.out.contains("f1, in transit, 2 × p1, 77\n"), "\(outcome.out)")
    #expect(outcome.out.contains("f2, cancelled, all remaining items\n"))
    #expect(outcome.out.contains("Order refunded"))
    let request = try server.requests(GetOrderRequest.self, "GetOrder").first
    #expect(request?.order == .externalID("1001"))
  }

  @Test func showsAnOrderThatComesInParts() async throws {
    let server = FakeServer()
    server.on(TimelineService.getOrder) { request throws(RPCError) in
      let number = request.partToken.isEmpty ? 1 : Int(request.partToken) ?? 0
      var order = try Self.order(1)
      order.fulfillments = [.with { $0.externalID = "f\(number)" }]
      order.refunds = []
      order.isPartial = true
      let shown = order
      return .with {
        $0.order = shown
        $0.nextPartToken = number < 3 ? String(number + 1) : ""
      }
    }
    let outcome = try await patron("timeline", "orders", "--order-id", "1001", server: server)
    for number in 1...3 {
      #expect(outcome.out.contains("f\(number), all remaining items\n"), "\(outcome.out)")
    }
    let requests = try server.requests(GetOrderRequest.self, "GetOrder")
    #expect(requests.map(\.partToken) == ["", "2", "3"])
    let json = try await patron(
      "timeline",
      "orders",
      "--order-id",
      "1001",
      "-o",
      "json",
      server: server
    )
    let whole = try GetOrderResponse(json: json.out)
    #expect(whole.order?.fulfillments.map(\.externalID) == ["f1", "f2", "f3"])
    #expect(whole.order?.isPartial == false && whole.nextPartToken.isEmpty)
  }

  @Test func takesOverRefunds() async throws {
    let server = FakeServer()
    server.on(TimelineService.syncRefund) { _ throws(RPCError) in
      let order = try Self.order(1)
      return .with {
        $0.outcome = .updated
        $0.order = order
        $0.derivedEvents = [.with { $0.type = "order_refunded" }]
        $0.warnings = [
          .with {
            $0.reason = "TIMES_CONTRADICT"
            $0.message = "Too early."
          }
        ]
      }
    }
    let refund = try await patron(
      [
        "timeline", "refund", "--order-id", "1001", "--refund-id", "r1", "--amount", "5",
        "--currency", "usd", "--at", "2024-06-01", "--reason", "too small",
      ],
      server: server
    )
    #expect(
      refund.out == """
        updated  order 1001  16.99 USD  2024-05-31  customer 7
          event: order_refunded
        warning: Too early. (TIMES_CONTRADICT)

        """,
      "\(refund.err)"
    )
    let at = try Self.time("2024-06-01")
    #expect(
      try server.requests(SyncRefundRequest.self, "SyncRefund").first
        == .with {
          $0.orderExternalID = "1001"
          $0.refund = .with {
            $0.externalID = "r1"
            $0.refundedAt = at
            $0.reason = "too small"
            $0.amount = .with {
              $0.currencyCode = "USD"
              $0.minorUnits = 500
            }
          }
        }
    )
  }

  @Test func takesOverFulfillments() async throws {
    let server = FakeServer()
    server.on(TimelineService.syncFulfillment) { _ in .with { $0.outcome = .unchanged } }
    let shipment = try await patron(
      [
        "timeline", "fulfillment", "--order-id", "1001", "--fulfillment-id", "f1", "--at",
        "2024-06-01", "--item", "p=1=2", "--state", "success", "--shipment-status", "in-transit",
        "--tracking-company", "UPS",
      ],
      server: server
    )
    let at = try Self.time("2024-06-01")
    #expect(shipment.out == "unchanged\n", "\(shipment.err)")
    #expect(
      try server.requests(SyncFulfillmentRequest.self, "SyncFulfillment").first?.fulfillment
        == .with {
          $0.externalID = "f1"
          $0.fulfilledAt = at
          $0.state = .success
          $0.shipmentStatus = .inTransit
          $0.trackingCompany = "UPS"
          $0.items = [
            .with {
              $0.productID = "p=1"
              $0.quantity = 2
            }
          ]
        }
    )
    let wrong = try await patron(
      [
        "timeline", "fulfillment", "--order-id", "1", "--fulfillment-id", "f", "--at", "2024-06-01",
        "--item", "p1",
      ],
      server: server
    )
    #expect(wrong.status == 2)
  }

  @Test func positionsAreGivenInOneFlagEach() async throws {
    let server = FakeServer()
    server.on(TimelineService.syncOrder) { _ in .with { $0.outcome = .updated } }
    let outcome = try await patron(
      [
        "timeline", "order", "--external-id", "42", "--order-id", "1001", "--item",
        "Mug, blue,qty=2,sku=M-B,variant=v1,product=p1,id=l1,total=16.99", "--item",
        "Gift, wrapped", "--quantity", "3", "--currency", "USD", "--paid-at", "2024-06-01",
        "--updated-at", "2024-06-02", "--state-version", "7", "--allow-regress", "--replace",
      ],
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    let request = try #require(try server.requests(SyncOrderRequest.self, "SyncOrder").first)
    #expect(
      request.order?.lineItems == [
        .with {
          $0.name = "Mug, blue"
          $0.quantity = 2
          $0.sku = "M-B"
          $0.variantID = "v1"
          $0.productID = "p1"
          $0.externalID = "l1"
          $0.total = .with {
            $0.currencyCode = "USD"
            $0.minorUnits = 1699
          }
        },
        .with {
          $0.name = "Gift, wrapped"
          $0.quantity = 3
        },
      ]
    )
    #expect(request.order?.paidAt == (try Self.time("2024-06-01")))
    #expect(request.order?.updatedAt == (try Self.time("2024-06-02")))
    #expect(request.order?.version == 7 && request.allowRegress && request.replace)
    #expect(request.order?.total == nil && request.order?.placedAt == nil)
    for wrong in [
      "Mug,qty=two", "Mug,qty=1,qty=2", "Mug,qty=1,blue", "Mug,total=1", "Mug,quantity=2",
      "Mug, colour=blue,qty=2", "Mug,qty=0", "Mug,qty=-1", ",qty=2", "",
    ] {
      let refused = try await patron(
        ["timeline", "order", "--external-id", "42", "--order-id", "1", "--item", wrong],
        server: server
      )
      #expect(refused.status == 2 || refused.status == 64, "\(wrong): \(refused.status)")
    }
  }

  @Test func shippedPositionsAreGivenInOneFlagEach() async throws {
    let server = FakeServer()
    server.on(TimelineService.syncFulfillment) { _ in .with { $0.outcome = .created } }
    let shipment = try await patron(
      [
        "timeline", "fulfillment", "--order-id", "1", "--fulfillment-id", "f", "--at", "2024-06-01",
        "--item", "line=l1,variant=v1,product=p1,qty=2", "--occurred-at", "2024-06-03",
      ],
      server: server
    )
    #expect(shipment.status == 0, "\(shipment.err)")
    let sent = try server.requests(SyncFulfillmentRequest.self, "SyncFulfillment").first
    #expect(sent?.fulfillment?.occurredAt == (try Self.time("2024-06-03")))
    #expect(
      sent?.fulfillment?.items == [
        .with {
          $0.lineItemID = "l1"
          $0.variantID = "v1"
          $0.productID = "p1"
          $0.quantity = 2
        }
      ]
    )
  }

  @Test func movesAnOrderAndListsWhatWaits() async throws {
    let server = FakeServer()
    server.on(TimelineService.moveOrder) { _ throws(RPCError) in
      let order = try Self.order(1)
      return .with {
        $0.order = order
        $0.outcome = .updated
        $0.previousCustomerID = 5
        $0.eventCount = 2
      }
    }
    let moved = try await patron(
      "timeline",
      "move-order",
      "--order-id",
      "1001",
      "--external-id",
      "42",
      server: server
    )
    #expect(moved.out == "updated  order 1001  customer 7, was 5, 2 events\n", "\(moved.err)")
    let request = try server.requests(MoveOrderRequest.self, "MoveOrder").first
    #expect(request?.order?.ref == .externalID("1001") && request?.customer == .externalID("42"))
    server.on(TimelineService.listOrders) { _ throws(RPCError) in
      let time = try Self.time("2024-06-01")
      return .with {
        $0.pendingParts = [
          .with {
            $0.orderExternalID = "1001"
            $0.receivedAt = time
            $0.expiresAt = time
            $0.part = .refund(
              .with {
                $0.externalID = "r1"
                $0.amount = .with {
                  $0.currencyCode = "USD"
                  $0.minorUnits = 500
                }
              }
            )
          }
        ]
      }
    }
    let waiting = try await patron("timeline", "orders", "--pending-parts", server: server)
    #expect(
      waiting.out == """
        RECEIVED    ORDER  PART    ID    AMOUNT  UNTIL
        2024-06-01  1001   refund  r1  5.00 USD  2024-06-01

        """,
      "\(waiting.err)"
    )
    let both = try await patron(
      "timeline",
      "orders",
      "--pending-parts",
      "--id",
      "1",
      server: server
    )
    #expect(both.status == 2)
  }

  @Test func takesOverACheckout() async throws {
    let server = FakeServer()
    server.on(TimelineService.syncCheckout) { request in
      .with {
        $0.checkout = request.checkout
        $0.outcome = .created
        $0.customerCreated = true
        $0.derivedEvents = [.with { $0.type = "checkout_started" }]
      }
    }
    let outcome = try await patron(
      "timeline",
      "checkout",
      "--email",
      "a@example.com",
      "--token",
      "k1",
      "--started-at",
      "2024-06-01",
      "--abandoned-at",
      "2024-06-02",
      "--total",
      "42",
      "--currency",
      "JPY",
      "--order-id",
      "1001",
      server: server
    )
    #expect(
      outcome.out == "created  checkout k1  42 JPY (new customer)\n  event: checkout_started\n",
      "\(outcome.err)"
    )
    let request = try server.requests(SyncCheckoutRequest.self, "SyncCheckout").first
    #expect(request?.customer?.email == "a@example.com")
    #expect(request?.checkout?.orderExternalID == "1001" && request?.checkout?.completedAt == nil)
    #expect(request?.checkout?.abandonedAt == (try Self.time("2024-06-02")))
    #expect(try await patron("timeline", "checkout", "--token", "k", server: server).status == 2)
  }

  @Test func listsAndRegistersTypes() async throws {
    let server = FakeServer()
    server.on(TimelineService.listEventTypes) { _ in
      .with {
        $0.types = [
          .with {
            $0.source = .ecommerce
            $0.type = "order_paid"
            $0.label = "Order paid"
            $0.fields = [
              .with {
                $0.name = "references.order_external_id"
                $0.type = "string"
                $0.required = true
              }
            ]
          },
          .with {
            $0.source = .thirdParty
            $0.sourceName = "quiz_app"
            $0.type = "badge_won"
            $0.label = "Badge won"
            // Third-party fields are documentation and are not checked.
            $0.fields = [
              .with {
                $0.name = "badge"
                $0.type = "string"
                $0.required = true
              }
            ]
          },
        ]
      }
    }
    server.on(TimelineService.registerEventType) { request in
      .with {
        $0.type = request.type
        $0.outcome = .created
      }
    }
    let all = try await patron("timeline", "types", "--source", "ecommerce", server: server)
    #expect(
      all.out == """
        SOURCE       FROM      TYPE        LABEL       FIELDS
        ecommerce              order_paid  Order paid  references.order_external_id*
        third party  quiz_app  badge_won   Badge won   badge

        """,
      "\(all.err)"
    )
    let request = try server.requests(ListEventTypesRequest.self, "ListEventTypes").first
    #expect(request?.source == .ecommerce)
    let one = try await patron("timeline", "types", "--type", "order_paid", server: server)
    #expect(one.out.contains("string, required") && !one.out.contains("badge"))
    let free = try await patron("timeline", "types", "--type", "badge_won", server: server)
    #expect(free.out.contains("field badge") && !free.out.contains("required"), "\(free.out)")
    let lines = try await patron("timeline", "types", "-o", "ndjson", server: server)
    #expect(lines.out.split(separator: "\n").count == 2)
    let registered = try await patron(
      "timeline",
      "types",
      "--register",
      #"{"sourceName": "quiz_app", "type": "badge_won", "label": "Badge won"}"#,
      server: server
    )
    #expect(registered.out == "created  quiz_app/badge_won  Badge won\n", "\(registered.err)")
    let wrong = try await patron("timeline", "types", "--register", "nonsense", server: server)
    #expect(wrong.status == 2)
  }

  @Test func filtersATimeline() async throws {
    let server = FakeServer()
    server.on(TimelineService.getTimeline) { _ in GetTimelineResponse() }
    let outcome = try await patron(
      "timeline",
      "show",
      "--id",
      "3",
      "--source-name",
      "helpdesk",
      "--product",
      "sms",
      "--product",
      "email",
      "--channel",
      "sms",
      "--campaign-id",
      "spring",
      "--order-id",
      "1001",
      "--query",
      "sale",
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(
      try server.requests(GetTimelineRequest.self, "GetTimeline").first?.filter
        == .with {
          $0.sourceNames = ["helpdesk"]
          $0.products = ["sms", "email"]
          $0.channels = [.sms]
          $0.campaignID = "spring"
          $0.orderExternalID = "1001"
          $0.query = "sale"
        }
    )
    let plain = try await patron("timeline", "show", "--id", "3", server: server)
    #expect(plain.status == 0)
    #expect(
      try server.requests(GetTimelineRequest.self, "GetTimeline").last?.filter == nil
    )
  }
}

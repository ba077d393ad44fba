import PatronModel
import Testing

@Suite struct OrderEventTests {
  static func order(_ change: (inout OrderSnapshot) -> Void = { _ in }) -> OrderSnapshot {
    var order = OrderSnapshot(
      id: "A1",
      placedAt: 100,
      currency: "USD",
      totalMinor: 5000,
      quantity: 3
    )
    change(&order)
    return order
  }

  private func types(
    _ old: OrderSnapshot?,
    _ new: OrderSnapshot,
    at: Micros = 900
  ) -> [String] {
    OrderEvents.derive(from: old, to: new, observedAt: at).map(\.type)
  }

  @Test func aNewOrderIsPlaced() {
    let events = OrderEvents.derive(from: nil, to: Self.order(), observedAt: 900)
    #expect(events.count == 1)
    #expect(events.first?.type == "order_placed")
    #expect(events.first?.occurredAt == 100)
    #expect(events.first?.amountMinor == 5000)
    #expect(events.first?.dedupKey == "order_placed:A1")
  }

  @Test func aRepeatEmitsNothing() {
    let order = Self.order {
      $0.payment = .paid
      $0.shipments = [ShipmentSnapshot(id: "s", at: 200, state: .success)]
      $0.refunds = [RefundSnapshot(id: "r", at: 300, amountMinor: 10)]
      $0.cancelledAt = 400
    }
    #expect(types(order, order) == [])
    let first = OrderEvents.derive(from: nil, to: order, observedAt: 900)
    #expect(
      first.map(\.type) == [
        "order_placed", "order_paid", "order_fulfilled", "order_refunded", "order_cancelled",
      ]
    )
    #expect(OrderEvents.derive(from: nil, to: order, observedAt: 999) == first)
    #expect(Set(first.map(\.dedupKey)).count == first.count)
  }

  @Test func eventsHaveTheTimesThatTheShopGives() {
    let pending = Self.order { $0.payment = .pending }
    let paid = Self.order {
      $0.payment = .paid
      $0.paidAt = 500
    }
    let events = OrderEvents.derive(from: pending, to: paid, observedAt: 900)
    #expect(events.map(\.type) == ["order_paid"] && events.first?.occurredAt == 500)
    // A later report of the time corrects the event, and its repeat emits nothing.
    var late = paid
    late.paidAt = 450
    let corrected = OrderEvents.derive(from: paid, to: late, observedAt: 999)
    #expect(corrected.first?.occurredAt == 450 && corrected.first?.replaces == true)
    #expect(corrected.first?.dedupKey == events.first?.dedupKey)
    #expect(types(late, late) == [])
    late.paidAt = nil
    #expect(types(paid, late) == [])
    func shipped(_ progress: ShipmentProgress?, _ time: Micros?) -> OrderSnapshot {
      Self.order {
        $0.shipments = [
          ShipmentSnapshot(
            id: "s",
            at: 200,
            state: .success,
            progress: progress,
            occurredAt: time
          )
        ]
      }
    }
    let arrived = OrderEvents.derive(
      from: shipped(nil, nil),
      to: shipped(.delivered, 700),
      observedAt: 900
    )
    #expect(arrived.map(\.type) == ["shipment_status_changed", "order_delivered"])
    #expect(arrived.map(\.occurredAt) == [700, 700])
    let unsaid = OrderEvents.derive(
      from: shipped(nil, nil),
      to: shipped(.delivered, nil),
      observedAt: 900
    )
    #expect(unsaid.map(\.occurredAt) == [900, 900])
  }

  @Test func paymentIsEmittedOnce() {
    let pending = Self.order()
    let paid = Self.order { $0.payment = .paid }
    let events = OrderEvents.derive(from: pending, to: paid, observedAt: 900)
    #expect(events.map(\.type) == ["order_paid"])
    #expect(events.first?.occurredAt == 900)
    #expect(types(nil, paid) == ["order_placed", "order_paid"])
    for payment in OrderPayment.allCases where !payment.wasPaid {
      #expect(types(pending, Self.order { $0.payment = payment }) == [])
    }
    #expect(types(paid, pending) == [])
    let again = OrderEvents.derive(from: pending, to: paid, observedAt: 950)
    #expect(again.map(\.dedupKey) == events.map(\.dedupKey))
  }

  @Test func anObservationBeforeTheOrderIsDatedByIt() {
    let paid = Self.order { $0.payment = .paid }
    let events = OrderEvents.derive(from: Self.order(), to: paid, observedAt: 1)
    #expect(events.map(\.occurredAt) == [100])
  }

  @Test func shipmentsAddUp() {
    let one = ShipmentSnapshot(id: "s1", at: 200, state: .success, quantity: 2)
    let two = ShipmentSnapshot(id: "s2", at: 300, state: .success, quantity: 1)
    let partly = Self.order { $0.shipments = [one] }
    let wholly = Self.order { $0.shipments = [two, one] }
    #expect(partly.delivered == .partiallyFulfilled && wholly.delivered == .fulfilled)
    let first = OrderEvents.derive(from: Self.order(), to: partly, observedAt: 900)
    #expect(first.map(\.dedupKey) == ["order_partially_fulfilled:A1:s1"])
    let second = OrderEvents.derive(from: partly, to: wholly, observedAt: 900)
    #expect(second.map(\.dedupKey) == ["order_fulfilled:A1:s2"])
    #expect(second.first?.shipmentID == "s2" && second.first?.occurredAt == 300)
    let atOnce = OrderEvents.derive(from: nil, to: wholly, observedAt: 900)
    #expect(
      atOnce.map(\.dedupKey)
        == ["order_placed:A1"] + first.map(\.dedupKey) + second.map(\.dedupKey)
    )
    #expect(types(wholly, partly) == [])
    #expect(types(Self.order(), Self.order { $0.shipments = [with(one, .pending)] }) == [])
    #expect(
      types(
        Self.order { $0.shipments = [with(one, .pending)] },
        Self.order { $0.shipments = [one] }
      )
        == ["order_partially_fulfilled"]
    )
  }

  private func with(_ shipment: ShipmentSnapshot, _ state: ShipmentState) -> ShipmentSnapshot {
    var copy = shipment
    copy.state = state
    return copy
  }

  @Test func aStatusAloneEmitsAnEvent() {
    let partly = Self.order { $0.fulfillment = .partiallyFulfilled }
    let wholly = Self.order { $0.fulfillment = .fulfilled }
    #expect(types(Self.order(), partly) == ["order_partially_fulfilled"])
    #expect(types(partly, wholly) == ["order_fulfilled"])
    #expect(types(wholly, wholly) == [])
    #expect(types(wholly, partly) == [])
  }

  @Test func cancellingAndReinstating() {
    let cancelled = Self.order {
      $0.cancelledAt = 500
      $0.cancelReason = "changed mind"
    }
    let events = OrderEvents.derive(from: Self.order(), to: cancelled, observedAt: 900)
    #expect(events.map(\.dedupKey) == ["order_cancelled:A1:500"])
    #expect(events.first?.reason == "changed mind")
    // Another reason corrects the event; another date is another cancellation.
    let corrected = OrderEvents.derive(
      from: cancelled,
      to: Self.order {
        $0.cancelledAt = 500
        $0.cancelReason = "fraud"
      },
      observedAt: 900
    )
    #expect(corrected.map(\.dedupKey) == events.map(\.dedupKey))
    #expect(corrected.map(\.reason) == ["fraud"] && corrected.map(\.replaces) == [true])
    let moved = OrderEvents.derive(
      from: cancelled,
      to: Self.order { $0.cancelledAt = 501 },
      observedAt: 900
    )
    #expect(moved.map(\.dedupKey) == ["order_cancelled:A1:501"])
    #expect(types(cancelled, Self.order()) == [])
    let again = OrderEvents.derive(
      from: Self.order(),
      to: Self.order { $0.cancelledAt = 600 },
      observedAt: 900
    )
    #expect(again.map(\.dedupKey) == ["order_cancelled:A1:600"])
  }

  @Test func eachRefundIsEmitted() {
    let half = RefundSnapshot(id: "r1", at: 300, amountMinor: 2000)
    let rest = RefundSnapshot(id: "r2", at: 400, amountMinor: 3000)
    let once = Self.order { $0.refunds = [half] }
    let twice = Self.order { $0.refunds = [rest, half] }
    let first = OrderEvents.derive(from: Self.order(), to: once, observedAt: 900)
    #expect(first.map(\.amountMinor) == [2000] && first.map(\.isFull) == [false])
    let second = OrderEvents.derive(from: once, to: twice, observedAt: 900)
    #expect(second.map(\.refundID) == ["r2"] && second.map(\.isFull) == [true])
    let corrected = Self.order {
      $0.refunds = [RefundSnapshot(id: "r1", at: 300, amountMinor: 2500)]
    }
    let third = OrderEvents.derive(from: once, to: corrected, observedAt: 900)
    #expect(third.map(\.replaces) == [true] && third.map(\.dedupKey) == first.map(\.dedupKey))
    #expect(types(twice, once) == [])
    // The refund was removed and added again with another amount.
    let removed = OrderEvents.derive(from: Self.order(), to: corrected, observedAt: 900)
    #expect(removed == third)
    let explained = Self.order {
      $0.refunds = [RefundSnapshot(id: "r1", at: 300, amountMinor: 2000, reason: "broken")]
    }
    let why = OrderEvents.derive(from: once, to: explained, observedAt: 900)
    #expect(why.map(\.reason) == ["broken"] && why.map(\.dedupKey) == first.map(\.dedupKey))
    let huge = Self.order {
      $0.refunds = [
        RefundSnapshot(id: "a", at: 1, amountMinor: .max),
        RefundSnapshot(id: "b", at: 2, amountMinor: .max),
      ]
    }
    #expect(
      OrderEvents.derive(from: Self.order(), to: huge, observedAt: 900).map(\.isFull)
        == [true, true]
    )
  }

  @Test func aRefundIsEmittedAgainWhenAnotherMakesItFull() {
    let one = RefundSnapshot(id: "r1", at: 300, amountMinor: 2500)
    let two = RefundSnapshot(id: "r2", at: 400, amountMinor: 2500)
    let full = Self.order { $0.refunds = [one, two] }
    let lower = RefundSnapshot(id: "r1", at: 300, amountMinor: 100)
    let events = OrderEvents.derive(
      from: full,
      to: Self.order { $0.refunds = [lower, two] },
      observedAt: 900
    )
    #expect(events.map(\.refundID) == ["r1", "r2"] && events.map(\.isFull) == [false, false])
    let dearer = Self.order {
      $0.refunds = [one, two]
      $0.totalMinor = 6000
    }
    let after = OrderEvents.derive(from: full, to: dearer, observedAt: 900)
    #expect(after.map(\.refundID) == ["r2"] && after.map(\.isFull) == [false])
  }

  private func carried(_ id: String, _ progress: ShipmentProgress?) -> ShipmentSnapshot {
    ShipmentSnapshot(id: id, at: 200, state: .success, quantity: 2, progress: progress)
  }

  @Test func everyCarrierReportIsEmitted() {
    let sent = Self.order { $0.shipments = [carried("s1", nil)] }
    let moving = Self.order { $0.shipments = [carried("s1", .inTransit)] }
    let missed = Self.order { $0.shipments = [carried("s1", .attemptedDelivery)] }
    let events = OrderEvents.derive(from: sent, to: moving, observedAt: 900)
    #expect(events.map(\.type) == ["shipment_status_changed"])
    #expect(events.map(\.shipmentID) == ["s1"] && events.map(\.occurredAt) == [900])
    #expect(events.map(\.progressBefore) == [nil] && events.map(\.progress) == [.inTransit])
    #expect(events.map(\.dedupKey) == [nil])
    let next = OrderEvents.derive(from: moving, to: missed, observedAt: 950)
    #expect(next.map(\.progressBefore) == [.inTransit])
    #expect(types(missed, moving) == ["shipment_status_changed"])
    #expect(types(moving, moving) == [] && types(moving, sent) == [])
  }

  @Test func anOrderArrivesWithItsLastShipment() {
    let waiting = Self.order { $0.shipments = [carried("s1", .delivered), carried("s2", nil)] }
    let arrived = Self.order {
      $0.shipments = [carried("s1", .delivered), carried("s2", .delivered)]
    }
    let events = OrderEvents.derive(from: waiting, to: arrived, observedAt: 900)
    #expect(events.map(\.type) == ["shipment_status_changed", "order_delivered"])
    #expect(events.last?.dedupKey == "order_delivered:A1" && events.last?.occurredAt == 900)
    // One piece of three has not been sent.
    let partly = Self.order { $0.shipments = [carried("s1", .delivered)] }
    #expect(types(nil, partly) == ["order_placed", "order_partially_fulfilled"])
    // The arrival of a new order is not dated, so it gets the time of its last shipment.
    let old = OrderEvents.derive(from: nil, to: arrived, observedAt: 900)
    #expect(old.last?.type == "order_delivered" && old.last?.occurredAt == 200)
    #expect(!old.map(\.type).contains("shipment_status_changed"))
  }

  @Test func aRefundByStatusAlone() {
    let paid = Self.order { $0.payment = .paid }
    let partly = Self.order { $0.payment = .partiallyRefunded }
    let wholly = Self.order { $0.payment = .refunded }
    let full = OrderEvents.derive(from: paid, to: wholly, observedAt: 900)
    #expect(full.map(\.amountMinor) == [5000] && full.map(\.isFull) == [true])
    let part = OrderEvents.derive(from: paid, to: partly, observedAt: 900)
    #expect(part.map(\.amountMinor) == [nil] && part.map(\.isFull) == [false])
    #expect(
      OrderEvents.derive(from: partly, to: wholly, observedAt: 900).map(\.amountMinor) == [nil]
    )
    #expect(types(nil, wholly) == ["order_placed", "order_paid", "order_refunded"])
    let listed = Self.order {
      $0.payment = .refunded
      $0.refunds = [RefundSnapshot(id: "r", at: 300, amountMinor: 5000)]
    }
    #expect(types(paid, listed) == ["order_refunded"])
    #expect(types(wholly, listed) == [])
  }

  @Test func keysCannotCollide() {
    let one = Self.order {
      $0.id = "A:id"
      $0.refunds = [RefundSnapshot(id: "B", at: 300, amountMinor: 1)]
    }
    let two = Self.order {
      $0.id = "A"
      $0.refunds = [RefundSnapshot(id: "id:B", at: 300, amountMinor: 1)]
    }
    let keys = [one, two].flatMap {
      OrderEvents.derive(from: nil, to: $0, observedAt: 900).map(\.dedupKey)
    }
    #expect(Set(keys).count == 4)
    let long = Self.order {
      $0.id = String(repeating: "x", count: 255)
      $0.refunds = [
        RefundSnapshot(id: String(repeating: "y", count: 255), at: 300, amountMinor: 1),
        RefundSnapshot(id: String(repeating: "z", count: 255), at: 300, amountMinor: 1),
      ]
    }
    let longKeys = OrderEvents.derive(from: nil, to: long, observedAt: 900).map(\.dedupKey)
    #expect(longKeys.allSatisfy { $0?.utf8.count ?? 0 <= 255 } && Set(longKeys).count == 3)
  }

  @Test func typesAreInTheCatalogue() {
    for kind in DerivedEvent.Kind.allCases {
      #expect(EventCatalogue.type(kind.rawValue, of: .ecommerce) != nil, "\(kind)")
    }
  }

  @Test func validation() throws {
    try Self.order().validate()
    try Self.order { $0.totalMinor = 0 }.validate()
    let refund = RefundSnapshot(id: "r", at: 1, amountMinor: 1)
    let shipment = ShipmentSnapshot(id: "s", at: 1, state: .open)
    let bad: [(String, OrderSnapshot)] = [
      ("AMOUNT_NEGATIVE", Self.order { $0.totalMinor = -1 }),
      (
        "AMOUNT_NEGATIVE",
        Self.order { $0.refunds = [RefundSnapshot(id: "r", at: 1, amountMinor: -1)] }
      ),
      ("REFUND_DUPLICATE", Self.order { $0.refunds = [refund, refund] }),
      ("FULFILLMENT_DUPLICATE", Self.order { $0.shipments = [shipment, shipment] }),
    ]
    for (reason, order) in bad {
      #expect { try order.validate() } throws: { ($0 as? RuleError)?.reason == reason }
    }
  }
}

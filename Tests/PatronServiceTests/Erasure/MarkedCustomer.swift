import PatronProto
import ProtobufC

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// A customer in whom every text that may be erased is a marker: a word that occurs only there.
struct MarkedCustomer {
  /// The uses of the markers, by marker.
  private(set) var markers: [String: String] = [:]
  let id = "marked"
  private let shop: Shop

  init(_ shop: Shop) { self.shop = shop }

  /// Returns a new marker of lower-case letters and digits, so that it fits every field.
  private mutating func mark(_ what: String, length: Int = 12) -> String {
    var number = markers.count + 1
    var digits = ""
    while number > 0 {
      digits = String(UnicodeScalar(UInt8(97 + number % 20))) + digits
      number /= 20
    }
    let marker =
      "zq" + String(repeating: "x", count: max(0, length - 4 - digits.count)) + digits
      + "wv"
    markers[marker] = what
    return marker
  }

  private mutating func note(_ marker: String, _ what: String) -> String {
    markers[marker] = what
    return marker
  }

  private mutating func address(_ what: String) -> Address {
    Address.with {
      $0.address1 = mark("\(what) address1")
      $0.address2 = mark("\(what) address2")
      $0.city = mark("\(what) city")
      $0.company = mark("\(what) company")
      $0.state = mark("\(what) state")
      $0.zip = mark("\(what) zip")
      $0.provinceCode = "CA"
      $0.countryCode = "US"
      $0.phoneNumber = "+1415" + String(5_550_000 + markers.count)
    }
  }

  private mutating func evidence(_ what: String) -> ConsentEvidence {
    ConsentEvidence.with {
      $0.source = "welcome_popup"
      $0.method = .form
      $0.ip = note("203.0.113.\(100 + markers.count % 100)", "\(what) ip")
      $0.userAgent = mark("\(what) user agent")
      $0.pageURL = "https://shop.example/" + mark("\(what) page")
      $0.consentText = mark("\(what) wording")
      $0.consentTextVersion = mark("\(what) version")
      $0.formID = mark("\(what) form")
      $0.jurisdiction = mark("\(what) jurisdiction")
      $0.note = mark("\(what) note")
    }
  }

  /// Writes the customer with every call that writes.
  mutating func fill() async throws {
    try await writeRecord()
    for source in [EventSource.ecommerce, .product, .thirdParty] { try await record(source) }
    try await recordBatch()
    try await checkOut()
    try await order()
    try await changeNames()
    // Notes of suppressions are found by the customer's final addresses.
    try await consent()
  }

  private mutating func writeRecord() async throws {
    let email = mark("first e-mail") + "@" + mark("first domain") + ".example"
    try await shop.upsert { $0.email = email }
    let alias = mark("former external id")
    try await shop.upsert {
      $0.email = email
      $0.externalID = alias
    }
    let input = CustomerInput.with {
      $0.externalID = alias
      $0.phoneNumber = "+" + note("14155557391", "phone")
      $0.firstName = mark("first name")
      $0.lastName = mark("last name")
      $0.accountStatus = "enabled"
      $0.tags = mark("tag") + "," + mark("other tag")
      $0.address = address("customer")
      $0.customProperties[mark("name of a property")] = .text(mark("value of a property"))
      $0.acceptsEmailMarketing = true
    }
    _ = try await shop.customers.upsertCustomer(.with { $0.customer = input })
  }

  /// Changes the identifiers. Later calls use the new ones.
  private mutating func changeNames() async throws {
    let old = try await shop.customer(.phoneNumber("+14155557391"))
    _ = try await shop.customers.updateCustomer(
      .with {
        $0.id = old.id
        $0.customer = .with { $0.email = "marked@example.com" }
      }
    )
    _ = try await shop.customers.updateTags(
      .with {
        $0.customers = [.with { $0.ref = .id(old.id) }]
        $0.add = mark("added tag")
      }
    )
  }

  private mutating func record(_ source: EventSource) async throws {
    let what = "\(source) event"
    let input = EventInput.with {
      $0.eventID = mark("\(what) id")
      $0.source = source
      $0.sourceName = source == .thirdParty ? "helpdesk" : ""
      $0.type =
        source == .thirdParty
        ? "ticket_created" : source == .product ? "review_created" : "account_updated"
      $0.occurredAt = .at(1_700_000_000)
      $0.title = mark("\(what) title")
      $0.amount = .of(4711)
      $0.properties[mark("\(what) name of a property")] = .text(mark("\(what) property"))
      for name in ["changed_fields", "title", "sentiment", "content_excerpt", "ticket_id"] {
        $0.properties[name] = .text(mark("\(what) \(name)"))
      }
      $0.properties["score"] = .with { $0.kind = .int64Value(4) }
      $0.references = .with {
        $0.orderExternalID = "order-1"
        $0.campaignID = mark("\(what) campaign")
        $0.campaignName = mark("\(what) campaign name")
        $0.flowID = mark("\(what) flow")
        $0.messageID = mark("\(what) message")
        $0.productID = "product-1"
        $0.checkoutToken = mark("\(what) checkout")
        $0.reviewID = mark("\(what) review")
      }
      $0.context = .with {
        $0.ip = note("198.51.100.\(markers.count % 200)", "\(what) ip")
        $0.userAgent = mark("\(what) user agent")
        $0.url = mark("\(what) url")
      }
    }
    for title in [input.title, mark("\(what) other title")] {
      var event = input
      event.title = title
      _ = try await shop.timelines.recordEvent(
        .with {
          $0.requestID = mark("\(what) request id")
          $0.customer = .with { $0.phoneNumber = "+14155557391" }
          $0.event = event
        }
      )
    }
  }

  private mutating func recordBatch() async throws {
    let item = RecordEventItem.with {
      $0.customer = .with { $0.phoneNumber = "+14155557391" }
      $0.event = .with {
        $0.source = .thirdParty
        $0.sourceName = "quiz_app"
        $0.type = "quiz_completed"
        $0.properties["answer"] = .text(mark("answer"))
      }
    }
    _ = try await shop.timelines.batchRecordEvents(.with { $0.items = [item] })
  }

  private mutating func line(_ what: String) -> LineItem {
    LineItem.with {
      $0.productID = "product-1"
      $0.variantID = "variant-1"
      $0.sku = "sku-1"
      $0.name = mark("\(what) line")
      $0.quantity = 3
      $0.total = .of(3000)
      $0.couponCode = mark("\(what) coupon")
      $0.url = mark("\(what) product page")
    }
  }

  private mutating func checkOut() async throws {
    let checkout = Checkout.with {
      $0.token = mark("checkout token")
      $0.startedAt = .at(1_700_000_000)
      $0.abandonedAt = .at(1_700_000_100)
      $0.total = .of(3000)
      $0.lineItems = [line("checkout")]
      $0.landingSiteURL = mark("checkout landing")
      $0.abandonedCheckoutURL = mark("checkout url")
      $0.shippingAddress = address("checkout shipping")
      $0.billingAddress = address("checkout billing")
    }
    _ = try await shop.timelines.syncCheckout(
      .with {
        $0.customer = .with { $0.phoneNumber = "+14155557391" }
        $0.checkout = checkout
      }
    )
  }

  private mutating func order() async throws {
    let order = Order.of("order-1", 3000) {
      $0.name = mark("order name")
      $0.paymentStatus = .paid
      $0.lineItems = [line("order")]
      $0.discountCodes = [mark("discount code")]
      $0.checkoutToken = mark("order checkout")
      $0.paymentMethod = mark("payment method")
      $0.landingSiteURL = mark("order landing")
      $0.salesChannel = mark("sales channel")
      $0.shippingAddress = address("shipping")
      $0.billingAddress = address("billing")
      $0.cancellation = .with {
        $0.cancelledAt = .at(1_700_009_000)
        $0.reason = mark("why cancelled")
      }
    }
    try await shop.sync(order) { $0.phoneNumber = "+14155557391" }
    let refund = Refund.with {
      $0.externalID = mark("refund")
      $0.refundedAt = .at(1_700_010_000)
      $0.amount = .of(500)
      $0.reason = mark("why refunded")
    }
    _ = try await shop.timelines.syncRefund(
      .with {
        $0.orderExternalID = "order-1"
        $0.refund = refund
      }
    )
    let shipment = Fulfillment.with {
      $0.externalID = mark("shipment")
      $0.fulfilledAt = .at(1_700_008_000)
      $0.shipmentStatus = .delivered
      $0.trackingCompany = mark("carrier")
      $0.trackingNumber = mark("tracking number")
      $0.trackingURL = mark("tracking page")
      $0.items = [
        .with {
          $0.productID = "product-1"
          $0.quantity = 3
        }
      ]
    }
    _ = try await shop.timelines.syncFulfillment(
      .with {
        $0.orderExternalID = "order-1"
        $0.fulfillment = shipment
      }
    )
  }

  private mutating func consent() async throws {
    let phone = CustomerRef.Ref.phoneNumber("+14155557391")
    for channel in [ContactChannel.sms, .email] {
      let evidence = evidence("\(channel) agreement")
      let requestID = mark("\(channel) agreement request id")
      let answer = try await shop.subscribe {
        $0.customer = .with { $0.phoneNumber = "+14155557391" }
        $0.channels = [channel]
        $0.evidence = evidence
        $0.requestID = requestID
        $0.doubleOptIn = true
      }
      if channel == .sms, !answer.confirmationToken.isEmpty {
        let confirmed = self.evidence("confirmation")
        _ = try await shop.customers.confirmSubscription(
          .with {
            $0.confirmationToken = answer.confirmationToken
            $0.evidence = confirmed
          }
        )
      }
    }
    let optOut = evidence("opt-out")
    try await shop.unsubscribe(phone) { $0.evidence = optOut }
    for reason in [SuppressionReason.hardBounce, .manual] {
      let (note, source) = (mark("\(reason) note"), mark("\(reason) source"))
      try await shop.suppress(phone, reason) {
        $0.channels = [.sms, .email]
        $0.note = note
        $0.source = source
      }
    }
    let lifted = mark("why lifted")
    try await shop.unsuppress(phone, [.hardBounce]) {
      $0.channels = [.email]
      $0.note = lifted
    }
  }
}

internal import PatronModel
internal import PatronProto

/// Checks the fields of an order, and brings them into the form in which they are stored.
struct OrderCheck {
  let path: String
  let country: CountryCode?
  let now: Int64
  var violations: Violations
  /// ISO 4217, once the total is known.
  var currency = ""

  init(path: String, country: CountryCode?, now: Int64, violations: Violations) {
    self.path = path
    self.country = country
    self.now = now
    self.violations = violations
  }

  /// The order as it is to be stored. What is wrong is in ``violations``.
  mutating func checked(_ given: Order) -> Order {
    var order = given
    order.id = 0
    order.customerID = 0
    order.createdAt = nil
    order.updatedAt = nil
    order.contact = nil
    order.externalID = identifier(given.externalID, "external_id")
    order.name = optional(given.name, "name", limit: 64) ?? order.externalID
    order.placedAt = time(given.placedAt, "placed_at")
    order.total = total(given.total)
    checkAmounts(&order)
    order.checkoutToken = optional(given.checkoutToken, "checkout_token")
    order.paymentMethod = optional(given.paymentMethod, "payment_method", limit: 64)
    order.landingSiteURL = optional(given.landingSiteURL, "landing_site_url", limit: 2048)
    order.salesChannel = optional(given.salesChannel, "sales_channel", limit: 64)
    order.shippingAddress = address(given.shippingAddress, "shipping_address")
    order.billingAddress = address(given.billingAddress, "billing_address")
    checkStatuses(order)
    checkLists(&order)
    return order
  }

  /// A text as it is stored: absent where it is empty.
  private mutating func optional(_ given: String?, _ field: String, limit: Int = 255) -> String? {
    let checked = text(given ?? "", field, limit: limit)
    return checked.isEmpty ? nil : checked
  }

  private mutating func checkAmounts(_ order: inout Order) {
    order.subtotal = amount(order.subtotal, "subtotal")
    order.discount = amount(order.discount, "discount")
    order.shipping = amount(order.shipping, "shipping")
    order.tax = amount(order.tax, "tax")
    if let cancellation = order.cancellation {
      order.cancellation?.cancelledAt = time(
        cancellation.cancelledAt, "cancellation.cancelled_at")
      order.cancellation?.reason = text(cancellation.reason, "cancellation.reason")
    }
  }

  private mutating func checkStatuses(_ order: Order) {
    known("payment_status", order.paymentStatus.rawValue, PaymentStatus.voided.rawValue)
    known(
      "fulfillment_status", order.fulfillmentStatus.rawValue,
      FulfillmentStatus.fulfilled.rawValue)
  }

  private mutating func checkLists(_ order: inout Order) {
    limit(order.lineItems.count, OrderDraft.Limit.lineItems, "line_items")
    limit(order.refunds.count, OrderDraft.Limit.refunds, "refunds")
    limit(order.fulfillments.count, OrderDraft.Limit.fulfillments, "fulfillments")
    limit(order.discountCodes.count, OrderDraft.Limit.discountCodes, "discount_codes")
    for index in order.lineItems.indices {
      order.lineItems[index] = lineItem(order.lineItems[index], "line_items[\(index)]")
    }
    for index in order.refunds.indices {
      order.refunds[index] = refund(order.refunds[index], "refunds[\(index)]")
    }
    for index in order.fulfillments.indices {
      order.fulfillments[index] = fulfillment(
        order.fulfillments[index], "fulfillments[\(index)]")
    }
    let products = order.products
    for (index, shipment) in order.fulfillments.enumerated() {
      for wrong in shipment.items(notOf: products, at: place("fulfillments[\(index)]")) {
        violations.add(wrong.path, wrong.error)
      }
    }
    for index in order.discountCodes.indices {
      order.discountCodes[index] = text(order.discountCodes[index], "discount_codes[\(index)]")
    }
  }

  mutating func lineItem(_ given: LineItem, _ field: String) -> LineItem {
    var item = given
    item.productID = text(given.productID, "\(field).product_id")
    item.variantID = text(given.variantID, "\(field).variant_id")
    item.sku = text(given.sku, "\(field).sku")
    item.name = text(given.name, "\(field).name")
    item.couponCode = text(given.couponCode, "\(field).coupon_code")
    item.url = text(given.url, "\(field).url", limit: 2048)
    item.total = amount(given.total, "\(field).total")
    quantity(given.quantity, 0, "\(field).quantity")
    return item
  }

  mutating func refund(_ given: Refund, _ field: String) -> Refund {
    var refund = given
    refund.externalID = identifier(given.externalID, "\(field).external_id")
    refund.refundedAt = time(given.refundedAt, "\(field).refunded_at")
    refund.reason = text(given.reason, "\(field).reason")
    if given.amount == nil { missing("\(field).amount", "an amount of money") }
    refund.amount = amount(given.amount, "\(field).amount")
    return refund
  }

  mutating func fulfillment(_ given: Fulfillment, _ field: String) -> Fulfillment {
    var shipment = given
    shipment.externalID = identifier(given.externalID, "\(field).external_id")
    shipment.fulfilledAt = time(given.fulfilledAt, "\(field).fulfilled_at")
    shipment.trackingCompany = text(given.trackingCompany, "\(field).tracking_company")
    shipment.trackingNumber = text(given.trackingNumber, "\(field).tracking_number")
    shipment.trackingURL = text(given.trackingURL, "\(field).tracking_url", limit: 2048)
    known("\(field).state", given.state.rawValue, FulfillmentState.error.rawValue)
    known(
      "\(field).shipment_status", given.shipmentStatus.rawValue, ShipmentStatus.failure.rawValue)
    limit(given.items.count, OrderDraft.Limit.lineItems, "\(field).items")
    for (index, item) in given.items.enumerated() {
      shipment.items[index].productID = text(
        item.productID, "\(field).items[\(index)].product_id")
      quantity(item.quantity, 1, "\(field).items[\(index)].quantity")
    }
    return shipment
  }
}

extension Order {
  /// The products that its shipments may hold; nil when it names no positions.
  var products: Set<String>? { lineItems.isEmpty ? nil : Set(lineItems.map(\.productID)) }
}

extension Fulfillment {
  /// What it holds of products that no position of the order has. An item may leave its own out.
  func items(notOf products: Set<String>?, at path: String) -> [Violation] {
    guard let products else { return [] }
    return items.enumerated().compactMap { index, item in
      guard !item.productID.isEmpty, !products.contains(item.productID) else { return nil }
      return Violation(
        path: "\(path).items[\(index)].product_id",
        error: RuleError(
          reason: "PRODUCT_NOT_IN_ORDER",
          message: "No position of the order has this product. Expected is the product_id of one "
            + "of its line items."))
    }
  }
}

// MARK: - Kinds of fields

extension OrderCheck {
  /// The path of a field; those of a request itself have nothing in front.
  private func place(_ field: String) -> String { path.isEmpty ? field : "\(path).\(field)" }

  mutating func text(
    _ given: String, _ field: String, limit: Int = ShortText.limit
  ) -> String {
    guard !given.isEmpty else { return given }
    let parsed = violations.check(place(field)) { () throws(RuleError) in
      try ShortText.parse(given, limit: limit)
    }
    return parsed ?? given
  }

  mutating func identifier(_ given: String, _ field: String) -> String {
    let parsed = text(given, field)
    if parsed.isEmpty { missing(field, "1 to 255 characters") }
    violations.suspect(place(field), parsed)
    return parsed
  }

  mutating func time(
    _ given: GoogleProtobuf.Timestamp?, _ field: String
  ) -> GoogleProtobuf.Timestamp? {
    guard let given else {
      missing(field, "a time such as 2026-03-01T12:00:00Z")
      return nil
    }
    return violations.check(place(field)) { () throws(RuleError) in
      let time = try PatronModel.Timestamp(seconds: given.seconds, nanos: given.nanos)
      try Self.checkBounds(time, now: try .init(microseconds: now))
      return .init(micros: time.microseconds)
    }
  }

  /// Histories of shops are old, but not older than computers, and nothing is placed tomorrow.
  private static func checkBounds(
    _ time: PatronModel.Timestamp, now: PatronModel.Timestamp
  ) throws(RuleError) {
    guard time >= .epoch, time <= now.advanced(bySeconds: TimeBounds.accountLead) else {
      throw RuleError(
        reason: "TIME_OUT_OF_RANGE",
        message: "The time is before 1970 or more than a day ahead. Check its unit and the clock.",
        given: time.rfc3339)
    }
  }

  mutating func total(_ given: PatronProto.Money?) -> PatronProto.Money? {
    guard let given else {
      missing("total", "an amount of money with its currency")
      return nil
    }
    let code = violations.check(place("total.currency_code")) { () throws(RuleError) in
      try CurrencyCode(given.currencyCode, allowHistoric: true).code
    }
    guard let code else { return nil }
    currency = code
    var total = given
    total.currencyCode = code
    return amount(total, "total")
  }

  mutating func amount(
    _ given: PatronProto.Money?, _ field: String
  ) -> PatronProto.Money? {
    guard var money = given else { return nil }
    money.currencyCode = money.currencyCode.uppercased()
    if money.currencyCode.isEmpty { money.currencyCode = currency }
    if !currency.isEmpty, money.currencyCode != currency {
      violations.add(
        place("\(field).currency_code"),
        RuleError(
          reason: "CURRENCY_MIXED",
          message: "All amounts of an order are in the currency of its total, \(currency)."))
    }
    if money.minorUnits < 0 {
      violations.add(
        place("\(field).minor_units"),
        RuleError(
          reason: "AMOUNT_NEGATIVE", message: "An amount of an order is 0 or more."))
    }
    return money
  }

  mutating func address(_ given: Address?, _ field: String) -> Address? {
    guard let given else { return nil }
    let valid = PostalAddress(given).validated(
      path: place(field), defaultCountry: country, violations: &violations)
    return valid.isEmpty ? nil : Address(valid)
  }

  private mutating func quantity(_ given: Int32, _ least: Int32, _ field: String) {
    guard given < least || given > OrderDraft.Limit.quantity else { return }
    violations.add(
      place(field),
      RuleError(
        reason: "QUANTITY_OUT_OF_RANGE",
        message: "A quantity is \(least) to \(OrderDraft.Limit.quantity)."))
  }

  mutating func limit(_ count: Int, _ greatest: Int, _ field: String) {
    guard count > greatest else { return }
    violations.add(
      place(field),
      RuleError(
        reason: "LIST_TOO_LONG",
        message: "There are \(count) entries; at most \(greatest) are allowed."))
  }

  mutating func missing(_ field: String, _ expected: String) {
    violations.add(
      place(field),
      RuleError(
        reason: "FIELD_REQUIRED", message: "The field is required. Expected is \(expected)."))
  }

  mutating func known(_ field: String, _ number: Int32, _ greatest: Int32) {
    violations.checkKnown(place(field), number, greatest)
  }
}

package import PatronModel
package import PatronProto

/// The check of the fields of an order, which brings them into the form in which they are stored.
package struct OrderCheck {
  package let path: String
  package let country: CountryCode?
  package let now: Int64
  package var violations: Violations
  /// The currency, ISO 4217; empty until the total is known.
  package var currency = ""

  package init(path: String, country: CountryCode?, now: Int64, violations: Violations) {
    self.path = path
    self.country = country
    self.now = now
    self.violations = violations
  }

  /// Returns the fields of an order as they will be stored, absent if they are empty. Adds the
  /// errors to ``violations``. Does not look for missing fields.
  package mutating func checked(_ given: Order) -> Order {
    var order = given
    order.id = 0
    order.customerID = 0
    order.createdAt = nil
    order.changedAt = nil
    order.contact = nil
    order.author = nil
    order.isPartial = false
    order.externalID = identifier(given.externalID, "external_id")
    order.name = optional(given.name, "name", limit: 64)
    if given.placedAt != nil { order.placedAt = time(given.placedAt, "placed_at") }
    if let given = given.total { order.total = total(given) }
    order.updatedAt = moment(given.updatedAt, "updated_at")
    order.paidAt = moment(given.paidAt, "paid_at")
    checkVersion(given.version)
    checkAmounts(&order)
    if let cancellation = order.cancellation { order.cancellation = checked(cancellation) }
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

  /// Returns a text as it is stored: absent if it is empty.
  private mutating func optional(_ given: String?, _ field: String, limit: Int = 255) -> String? {
    let checked = text(given ?? "", field, limit: limit)
    return checked.isEmpty ? nil : checked
  }

  /// Checks the amounts beside the total. Empty amounts become absent.
  mutating func checkAmounts(_ order: inout Order) {
    func isEmpty(_ money: PatronProto.Money?) -> Bool { money == PatronProto.Money() }
    order.subtotal = isEmpty(order.subtotal) ? nil : amount(order.subtotal, "subtotal")
    order.discount = isEmpty(order.discount) ? nil : amount(order.discount, "discount")
    order.shipping = isEmpty(order.shipping) ? nil : amount(order.shipping, "shipping")
    order.tax = isEmpty(order.tax) ? nil : amount(order.tax, "tax")
  }

  private mutating func checked(_ given: Cancellation) -> Cancellation? {
    if given == Cancellation() { return nil }
    var cancellation = given
    cancellation.cancelledAt = time(given.cancelledAt, "cancellation.cancelled_at")
    cancellation.reason = text(given.reason, "cancellation.reason")
    return cancellation
  }

  private mutating func checkVersion(_ version: Int64) {
    guard version < 0 else { return }
    violations.add(
      place("version"),
      RuleError(reason: "VERSION_NEGATIVE", message: "A version is 1 or more; 0 is none.")
    )
  }

  private mutating func checkStatuses(_ order: Order) {
    known("payment_status", order.paymentStatus.rawValue, PaymentStatus.voided.rawValue)
    known(
      "fulfillment_status",
      order.fulfillmentStatus.rawValue,
      FulfillmentStatus.fulfilled.rawValue
    )
  }

  private mutating func checkLists(_ order: inout Order) {
    order.lineItems = lineItems(order.lineItems)
    limit(order.refunds.count, OrderDraft.Limit.refunds, "refunds")
    limit(order.fulfillments.count, OrderDraft.Limit.fulfillments, "fulfillments")
    order.discountCodes = list(
      order.discountCodes,
      OrderDraft.Limit.discountCodes,
      "discount_codes"
    )
    for index in order.refunds.indices {
      order.refunds[index] = refund(order.refunds[index], "refunds[\(index)]")
    }
    for index in order.fulfillments.indices {
      order.fulfillments[index] = fulfillment(
        order.fulfillments[index],
        "fulfillments[\(index)]"
      )
    }
    checkLineItemIDs(order)
    for index in order.discountCodes.indices {
      order.discountCodes[index] = text(order.discountCodes[index], "discount_codes[\(index)]")
    }
    order.discountCodes.removeAll(where: \.isEmpty)
  }

  /// Returns the positions as they will be stored.
  package mutating func lineItems(_ given: [LineItem]) -> [LineItem] {
    var items = list(given, OrderDraft.Limit.lineItems, "line_items")
    for index in items.indices {
      items[index] = lineItem(items[index], "line_items[\(index)]")
    }
    return items
  }

  private mutating func checkLineItemIDs(_ order: Order) {
    var known: Set<String> = []
    for (index, item) in order.lineItems.enumerated() where !item.externalID.isEmpty {
      guard !known.insert(item.externalID).inserted else { continue }
      violations.add(
        place("line_items[\(index)].external_id"),
        RuleError(
          reason: "LINE_ITEM_DUPLICATE",
          message: "Two positions of the order have the same external_id. Make them differ."
        )
      )
    }
  }

  mutating func lineItem(_ given: LineItem, _ field: String) -> LineItem {
    var item = given
    item.externalID = reference(given.externalID, "\(field).external_id")
    item.productID = reference(given.productID, "\(field).product_id")
    item.variantID = reference(given.variantID, "\(field).variant_id")
    item.sku = reference(given.sku, "\(field).sku")
    item.name = text(given.name, "\(field).name")
    item.couponCode = text(given.couponCode, "\(field).coupon_code")
    item.url = text(given.url, "\(field).url", limit: 2048)
    item.total = lineTotal(given.total, "\(field).total")
    if !quantity(given.quantity, 0, "\(field).quantity", isSecondary: true) { item.quantity = 0 }
    return item
  }

  package mutating func refund(_ given: Refund, _ field: String) -> Refund {
    var refund = given
    refund.externalID = identifier(given.externalID, "\(field).external_id")
    refund.refundedAt = time(given.refundedAt, "\(field).refunded_at")
    refund.reason = text(given.reason, "\(field).reason")
    if given.amount == nil { missing("\(field).amount", "an amount of money") }
    refund.amount = amount(given.amount, "\(field).amount")
    return refund
  }

  package mutating func fulfillment(_ given: Fulfillment, _ field: String) -> Fulfillment {
    var shipment = given
    shipment.externalID = identifier(given.externalID, "\(field).external_id")
    shipment.fulfilledAt = time(given.fulfilledAt, "\(field).fulfilled_at")
    shipment.occurredAt = moment(given.occurredAt, "\(field).occurred_at")
    shipment.trackingCompany = text(given.trackingCompany, "\(field).tracking_company")
    shipment.trackingNumber = text(given.trackingNumber, "\(field).tracking_number")
    shipment.trackingURL = text(given.trackingURL, "\(field).tracking_url", limit: 2048)
    known("\(field).state", given.state.rawValue, FulfillmentState.error.rawValue)
    known(
      "\(field).shipment_status",
      given.shipmentStatus.rawValue,
      ShipmentStatus.failure.rawValue
    )
    limit(given.items.count, OrderDraft.Limit.lineItems, "\(field).items")
    for (index, item) in given.items.enumerated() {
      shipment.items[index].productID = text(
        item.productID,
        "\(field).items[\(index)].product_id"
      )
      shipment.items[index].variantID = text(
        item.variantID,
        "\(field).items[\(index)].variant_id"
      )
      shipment.items[index].lineItemID = text(
        item.lineItemID,
        "\(field).items[\(index)].line_item_id"
      )
      _ = quantity(item.quantity, 1, "\(field).items[\(index)].quantity", isSecondary: false)
    }
    return shipment
  }
}

// MARK: - Kinds of fields

extension OrderCheck {
  /// Returns the path of a field. Fields of the request itself have no prefix.
  package func place(_ field: String) -> String { path.isEmpty ? field : "\(path).\(field)" }

  package mutating func text(
    _ given: String,
    _ field: String,
    limit: Int = ShortText.limit
  ) -> String {
    guard !given.isEmpty else { return given }
    return violations.secondaryText(place(field), given, limit: limit) ?? ""
  }

  package mutating func identifier(_ given: String, _ field: String) -> String {
    let parsed = violations.check(place(field)) { () throws(RuleError) in
      try ShortText.parse(given)
    }
    if parsed?.isEmpty == true { missing(field, "1 to 255 characters") }
    if let parsed { violations.suspect(place(field), parsed) }
    return parsed ?? given
  }

  /// Checks an identifier of a secondary record.
  package mutating func reference(_ given: String, _ field: String) -> String {
    violations.secondaryReference(place(field), given)
  }

  package mutating func time(
    _ given: GoogleProtobuf.Timestamp?,
    _ field: String
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

  /// Checks an optional time. An empty time becomes absent.
  mutating func moment(
    _ given: GoogleProtobuf.Timestamp?,
    _ field: String
  ) -> GoogleProtobuf.Timestamp? {
    guard let given, given != GoogleProtobuf.Timestamp() else { return nil }
    return time(given, field)
  }

  /// Checks the range of a time: histories of shops are old, but not older than computers, and no
  /// order is placed tomorrow.
  private static func checkBounds(
    _ time: PatronModel.Timestamp,
    now: PatronModel.Timestamp
  ) throws(RuleError) {
    guard time >= .epoch, time <= now.advanced(bySeconds: TimeBounds.accountLead) else {
      throw RuleError(
        reason: "TIME_OUT_OF_RANGE",
        message: "The time is before 1970 or more than a day ahead. Check its unit and the clock.",
        given: time.rfc3339
      )
    }
  }

  package mutating func total(_ given: PatronProto.Money) -> PatronProto.Money? {
    let code = violations.check(place("total.currency_code")) { () throws(RuleError) in
      try CurrencyCode(given.currencyCode, allowHistoric: true).code
    }
    guard let code else { return nil }
    currency = code
    var total = given
    total.currencyCode = code
    return amount(total, "total")
  }

  package mutating func amount(
    _ given: PatronProto.Money?,
    _ field: String
  ) -> PatronProto.Money? {
    guard var money = given else { return nil }
    money.currencyCode = money.currencyCode.uppercased()
    if money.currencyCode.isEmpty { money.currencyCode = currency }
    if !currency.isEmpty, money.currencyCode != currency {
      violations.add(
        place("\(field).currency_code"),
        RuleError(
          reason: "CURRENCY_MIXED",
          message: "All amounts of an order are in the currency of its total, \(currency)."
        )
      )
    }
    if money.minorUnits < 0 {
      violations.add(
        place("\(field).minor_units"),
        RuleError(
          reason: "AMOUNT_NEGATIVE",
          message: "An amount of an order is 0 or more."
        )
      )
    }
    return money
  }

  package mutating func address(_ given: Address?, _ field: String) -> Address? {
    guard let given else { return nil }
    let valid = PostalAddress(given).validated(
      path: place(field),
      defaultCountry: country,
      violations: &violations
    )
    return valid.isEmpty ? nil : Address(valid)
  }

  /// Returns true when a quantity is in range.
  private mutating func quantity(
    _ given: Int32,
    _ least: Int32,
    _ field: String,
    isSecondary: Bool
  ) -> Bool {
    if (least...OrderDraft.Limit.quantity).contains(given) { return true }
    let error = RuleError(
      reason: "QUANTITY_OUT_OF_RANGE",
      message: "A quantity is \(least) to \(OrderDraft.Limit.quantity).",
      given: "\(given)"
    )
    if isSecondary {
      violations.addSecondary(place(field), error)
    } else {
      violations.add(place(field), error)
    }
    return false
  }

  /// Checks the price of a position. The order's total is the amount paid; a position whose price
  /// breaks a rule, such as a discount below zero, stays without a price.
  private mutating func lineTotal(
    _ given: PatronProto.Money?,
    _ field: String
  ) -> PatronProto.Money? {
    guard violations.dropsSecondary else { return amount(given, field) }
    var check = self
    check.violations = Violations()
    let money = check.amount(given, field)
    for violation in check.violations.errors {
      violations.addSecondary(violation.path, violation.error)
    }
    return check.violations.isEmpty ? money : nil
  }

  package mutating func limit(_ count: Int, _ greatest: Int, _ field: String) {
    guard count > greatest else { return }
    violations.add(place(field), Self.tooLong(count, greatest))
  }

  /// Returns a secondary list without the entries beyond its limit.
  private mutating func list<Entry>(
    _ given: [Entry],
    _ greatest: Int,
    _ field: String
  ) -> [Entry] {
    violations.secondaryList(
      place(field),
      given,
      limit: greatest,
      Self.tooLong(given.count, greatest)
    )
  }

  private static func tooLong(_ count: Int, _ greatest: Int) -> RuleError {
    RuleError(
      reason: "LIST_TOO_LONG",
      message: "There are \(count) entries; at most \(greatest) are allowed."
    )
  }

  package mutating func missing(_ field: String, _ expected: String) {
    violations.add(
      place(field),
      RuleError(
        reason: "FIELD_REQUIRED",
        message: "The field is required. Expected is \(expected)."
      )
    )
  }

  package mutating func known(_ field: String, _ number: Int32, _ greatest: Int32) {
    violations.checkKnown(place(field), number, greatest)
  }
}

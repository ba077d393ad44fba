package import PatronModel
package import PatronProto
internal import ProtobufC

/// A field of an order that a sync can set, by its name in the contract.
package enum OrderField: String, CaseIterable, Sendable {
  case name
  case placedAt = "placed_at"
  case total
  case paymentStatus = "payment_status"
  case fulfillmentStatus = "fulfillment_status"
  case cancellation
  case lineItems = "line_items"
  case refunds
  case fulfillments
  case subtotal
  case discount
  case shipping
  case tax
  case discountCodes = "discount_codes"
  case checkoutToken = "checkout_token"
  case paymentMethod = "payment_method"
  case landingSiteURL = "landing_site_url"
  case salesChannel = "sales_channel"
  case shippingAddress = "shipping_address"
  case billingAddress = "billing_address"
  case paidAt = "paid_at"
}

/// The fields of an order that a sync sets, checked, and the mode in which they are taken. A field
/// that is set and absent is cleared.
package struct GivenOrder: Sendable {
  /// The checked order. Fields that are not set keep their given values, too.
  package var order: Order
  /// The fields to set in a known order.
  package var fields: Set<OrderField>
  /// True if a state that is not known to be newer may take money and parts back.
  package var allowsRegress = false

  /// The way in which a call takes its orders.
  package struct Mode: Sendable {
    /// True if the order is the whole state: absent fields are cleared.
    package var replaces = false
    /// See ``GivenOrder/allowsRegress``.
    package var allowsRegress = false

    package init(replaces: Bool = false, allowsRegress: Bool = false) {
      self.replaces = replaces
      self.allowsRegress = allowsRegress
    }
  }

  /// Checks the fields of a sync; adds the errors to `violations`. A mask names the fields to set,
  /// and an empty mask takes the fields that are present.
  package init(
    _ given: Order,
    mask: GoogleProtobuf.FieldMask? = nil,
    _ mode: Mode,
    path: String,
    country: CountryCode?,
    now: Int64,
    violations: inout Violations
  ) {
    allowsRegress = mode.allowsRegress
    let paths = mask?.paths ?? []
    if !paths.isEmpty {
      fields = Self.fields(paths, &violations)
    } else {
      fields = mode.replaces ? Set(OrderField.allCases) : Set(OrderField.allCases.filter(given.has))
    }
    let before = violations.errors.count
    var check = OrderCheck(path: path, country: country, now: now, violations: violations)
    order = check.checked(given)
    violations = check.violations
    guard violations.errors.count == before else { return }
    let snapshot = OrderSnapshot(stored: order)
    _ = violations.check(path) { () throws(RuleError) in
      try snapshot.validate()
      return try OrderContribution(of: snapshot)
    }
  }

  /// Fields that are always taken if they are given, so that a mask need not name them.
  private static let always: Set = ["external_id", "updated_at", "version"]

  private static func fields(
    _ paths: [String],
    _ violations: inout Violations
  ) -> Set<OrderField> {
    var fields: Set<OrderField> = []
    for (index, path) in paths.enumerated() {
      if let field = OrderField(rawValue: path) {
        fields.insert(field)
      } else if !always.contains(path) {
        violations.add(
          "update_mask.paths[\(index)]",
          RuleError(
            reason: "MASK_PATH_UNKNOWN",
            message: "The path names no field of patron.v1.Order that a sync can set. Expected is "
              + "a name such as line_items or discount_codes; parts of a field cannot be named.",
            given: Redaction.cut(path)
          )
        )
      }
    }
    return fields
  }
}

extension Order {
  /// Returns true if a field is present. Enums and lists are present unless unspecified or empty.
  fileprivate func has(_ field: OrderField) -> Bool {
    switch field {
    case .name: name != nil
    case .placedAt: placedAt != nil
    case .total: total != nil
    case .paymentStatus: paymentStatus != .unspecified
    case .fulfillmentStatus: fulfillmentStatus != .unspecified
    case .cancellation: cancellation != nil
    case .lineItems: !lineItems.isEmpty
    case .refunds: !refunds.isEmpty
    case .fulfillments: !fulfillments.isEmpty
    case .subtotal: subtotal != nil
    case .discount: discount != nil
    case .shipping: shipping != nil
    case .tax: tax != nil
    case .discountCodes: !discountCodes.isEmpty
    case .checkoutToken: checkoutToken != nil
    case .paymentMethod: paymentMethod != nil
    case .landingSiteURL: landingSiteURL != nil
    case .salesChannel: salesChannel != nil
    case .shippingAddress: shippingAddress != nil
    case .billingAddress: billingAddress != nil
    case .paidAt: paidAt != nil
    }
  }

  /// Copies a field from another order.
  package mutating func set(_ field: OrderField, from given: Order) {
    switch field {
    case .name: name = given.name ?? externalID
    case .placedAt: placedAt = given.placedAt
    case .total: total = given.total
    case .paymentStatus: paymentStatus = given.paymentStatus
    case .fulfillmentStatus: fulfillmentStatus = given.fulfillmentStatus
    case .cancellation: cancellation = given.cancellation
    case .lineItems: lineItems = given.lineItems
    case .refunds: refunds = given.refunds
    case .fulfillments: fulfillments = given.fulfillments
    case .subtotal: subtotal = given.subtotal
    case .discount: discount = given.discount
    case .shipping: shipping = given.shipping
    case .tax: tax = given.tax
    case .discountCodes: discountCodes = given.discountCodes
    case .checkoutToken: checkoutToken = given.checkoutToken
    case .paymentMethod: paymentMethod = given.paymentMethod
    case .landingSiteURL: landingSiteURL = given.landingSiteURL
    case .salesChannel: salesChannel = given.salesChannel
    case .shippingAddress: shippingAddress = given.shippingAddress
    case .billingAddress: billingAddress = given.billingAddress
    case .paidAt: paidAt = given.paidAt
    }
  }
}

internal import PatronModel
internal import PatronProto
internal import ProtobufC

/// A checkout that was checked, in the form in which it is stored.
struct CheckoutDraft: Sendable {
  var checkout: Checkout

  /// Checks a checkout. What is wrong is added to `violations`.
  init(
    _ given: Checkout, path: String, country: CountryCode?, now: Int64,
    violations: inout Violations
  ) {
    var check = OrderCheck(path: path, country: country, now: now, violations: violations)
    checkout = check.checked(given)
    violations = check.violations
  }
}

extension OrderCheck {
  /// The checkout as it is to be stored. What is wrong is in ``violations``.
  mutating func checked(_ given: Checkout) -> Checkout {
    var checkout = given
    checkout.token = identifier(given.token, "token")
    checkout.startedAt = time(given.startedAt, "started_at")
    if given.abandonedAt != nil { checkout.abandonedAt = time(given.abandonedAt, "abandoned_at") }
    if given.completedAt != nil { checkout.completedAt = time(given.completedAt, "completed_at") }
    // The total gives the currency; without one the first position does.
    if given.total != nil {
      checkout.total = total(given.total)
    } else if let price = given.lineItems.lazy.compactMap(\.total).first {
      _ = total(price)
    }
    checkout.lineItems = lineItems(given.lineItems)
    checkout.landingSiteURL = text(given.landingSiteURL, "landing_site_url", limit: 2048)
    checkout.abandonedCheckoutURL = text(
      given.abandonedCheckoutURL, "abandoned_checkout_url", limit: 2048)
    checkout.shippingAddress = address(given.shippingAddress, "shipping_address")
    checkout.billingAddress = address(given.billingAddress, "billing_address")
    checkout.orderExternalID = reference(given.orderExternalID, "order_external_id")
    return checkout
  }
}

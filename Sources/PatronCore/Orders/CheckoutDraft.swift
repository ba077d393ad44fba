package import PatronModel
package import PatronProto
internal import ProtobufC

/// The fields of a checkout that a sync gives, checked.
package struct CheckoutDraft: Sendable {
  package var checkout: Checkout
  /// The times, total and addresses that are given and empty: an empty value clears the field.
  private var clears:
    (abandonedAt: Bool, completedAt: Bool, total: Bool, shipping: Bool, billing: Bool)

  /// Checks a checkout. Adds the errors to `violations`.
  package init(
    _ given: Checkout,
    path: String,
    country: CountryCode?,
    now: Int64,
    violations: inout Violations
  ) {
    var check = OrderCheck(path: path, country: country, now: now, violations: violations)
    let none = GoogleProtobuf.Timestamp()
    clears = (
      given.abandonedAt == none, given.completedAt == none, given.total == PatronProto.Money(),
      given.shippingAddress == Address(), given.billingAddress == Address()
    )
    checkout = check.checked(given)
    violations = check.violations
  }

  /// Returns the whole checkout. Fields that are not given stay as they are known.
  ///
  /// - Throws: INVALID_ARGUMENT `FIELD_REQUIRED` if the start of a new checkout is missing.
  package func merged(over old: Checkout?) throws(DomainError) -> Checkout {
    var merged = checkout
    if let old {
      merged.startedAt = merged.startedAt ?? old.startedAt
      merged.abandonedAt = merged.abandonedAt ?? (clears.abandonedAt ? nil : old.abandonedAt)
      merged.completedAt = merged.completedAt ?? (clears.completedAt ? nil : old.completedAt)
      merged.total = merged.total ?? (clears.total ? nil : old.total)
      merged.shippingAddress =
        merged.shippingAddress ?? (clears.shipping ? nil : old.shippingAddress)
      merged.billingAddress = merged.billingAddress ?? (clears.billing ? nil : old.billingAddress)
      if merged.lineItems.isEmpty { merged.lineItems = old.lineItems }
      if merged.landingSiteURL.isEmpty { merged.landingSiteURL = old.landingSiteURL }
      if merged.abandonedCheckoutURL.isEmpty {
        merged.abandonedCheckoutURL = old.abandonedCheckoutURL
      }
      if merged.orderExternalID.isEmpty { merged.orderExternalID = old.orderExternalID }
    }
    guard merged.startedAt != nil else {
      throw .invalid(
        "checkout.started_at",
        "FIELD_REQUIRED",
        "The field is required for a new checkout. Expected is a time such as "
          + "2026-03-01T12:00:00Z."
      )
    }
    return merged
  }
}

extension OrderCheck {
  /// Returns the checkout as it will be stored. Adds the errors to ``violations``.
  package mutating func checked(_ given: Checkout) -> Checkout {
    var checkout = given
    checkout.token = identifier(given.token, "token")
    if given.startedAt != nil { checkout.startedAt = time(given.startedAt, "started_at") }
    checkout.abandonedAt = moment(given.abandonedAt, "abandoned_at")
    checkout.completedAt = moment(given.completedAt, "completed_at")
    // The total gives the currency; without a total the first position does.
    if let given = given.total {
      checkout.total = given == PatronProto.Money() ? nil : total(given)
    } else if let price = given.lineItems.lazy.compactMap(\.total).first {
      _ = total(price)
    }
    checkout.lineItems = lineItems(given.lineItems)
    checkout.landingSiteURL = text(given.landingSiteURL, "landing_site_url", limit: 2048)
    checkout.abandonedCheckoutURL = text(
      given.abandonedCheckoutURL,
      "abandoned_checkout_url",
      limit: 2048
    )
    checkout.shippingAddress = address(given.shippingAddress, "shipping_address")
    checkout.billingAddress = address(given.billingAddress, "billing_address")
    checkout.orderExternalID = reference(given.orderExternalID, "order_external_id")
    return checkout
  }
}

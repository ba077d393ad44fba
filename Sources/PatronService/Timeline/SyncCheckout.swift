internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareCheckout(_ request: SyncCheckoutRequest, _ call: CallContext) throws
    -> CheckoutChange
  {
    var violations = Violations(request.invalidFields, unspecified: .drop)
    let now = call.now
    let country = CountryCode.checked(request.defaultCountry, &violations)
    let draft = CheckoutDraft(
      request.checkout ?? Checkout(),
      path: "checkout",
      country: country,
      now: now,
      violations: &violations
    )
    let warnings = violations.warnings.map(Warning.about)
    let customer = CustomerChange.buyer(
      request.customer,
      country: country,
      now: now,
      &violations
    )
    try violations.finish()
    return CheckoutChange(
      customer: customer,
      draft: draft,
      warnings: warnings,
      lacksCountry: violations.lacksCountry
    )
  }

  /// Syncs one checkout.
  static func syncCheckout(
    _ change: CheckoutChange,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let result = try change.perform(in: context.writer, at: context.now)
    try response.append(
      SyncCheckoutResponse.with {
        $0.checkout = result.checkout
        $0.outcome = result.outcome
        $0.customerCreated = result.customer.outcome == .created
        $0.derivedEvents = result.events
        $0.warnings = result.customer.warnings
      }
    )
  }
}

internal import PatronCore
package import PatronModel
internal import PatronProto
internal import ProtobufC

/// The columns and CSV rows of events, orders, checkouts, suppressions and consent.
enum EventCSV {
  static let columns = [
    "event_id", "occurred_at", "recorded_at", "source", "source_name", "product", "type", "title",
    "channel", "amount", "currency", "order_ref", "campaign", "actor", "properties_json",
  ]

  static func write(_ event: Event, to csv: inout CSVWriter) throws {
    try csv.cells([
      event.eventID, text(event.occurredAt), text(event.recordedAt), EnumWord.of(event.source.word),
      event.sourceName, event.product, event.type, event.title, EnumWord.of(event.channel.word),
      text(event.amount), event.amount?.currencyCode ?? "",
      event.references?.orderExternalID ?? "", campaign(event.references),
      EnumWord.of(event.actor.word),
      event.properties.isEmpty ? "" : PropertiesJSON.text(event.properties),
    ])
  }

  private static func campaign(_ references: EventReferences?) -> String {
    guard let references else { return "" }
    return references.campaignName.isEmpty ? references.campaignID : references.campaignName
  }

  static let orderColumns = [
    "external_id", "name", "placed_at", "total", "currency", "payment_status",
    "fulfillment_status", "cancelled_at", "cancellation_reason", "subtotal", "discount",
    "shipping", "tax", "refunded", "discount_codes", "payment_method", "sales_channel",
    "checkout_token",
  ]

  static func write(_ order: Order, to csv: inout CSVWriter) throws {
    let refunded = order.refunds.reduce(Int64(0)) { $0 &+ ($1.amount?.minorUnits ?? 0) }
    let currency = order.total?.currencyCode ?? ""
    let refund = PatronProto.Money.with {
      $0.currencyCode = currency
      $0.minorUnits = refunded
    }
    try csv.cells([
      order.externalID, order.name ?? "", text(order.placedAt), text(order.total), currency,
      EnumWord.of(order.paymentStatus.word), EnumWord.of(order.fulfillmentStatus.word),
      text(order.cancellation?.cancelledAt), order.cancellation?.reason ?? "",
      text(order.subtotal), text(order.discount), text(order.shipping), text(order.tax),
      order.refunds.isEmpty ? "" : text(refund), CellList.joined(order.discountCodes),
      order.paymentMethod ?? "", order.salesChannel ?? "", order.checkoutToken ?? "",
    ])
  }

  static let itemColumns = [
    "order_external_id", "product_id", "variant_id", "sku", "name", "quantity", "total",
    "currency", "coupon_code", "url",
  ]

  static func write(_ item: LineItem, of order: Order, to csv: inout CSVWriter) throws {
    try csv.cells([
      order.externalID, item.productID, item.variantID, item.sku, item.name, "\(item.quantity)",
      text(item.total), item.total?.currencyCode ?? "", item.couponCode, item.url,
    ])
  }

  static let checkoutColumns = [
    "token", "started_at", "abandoned_at", "completed_at", "total", "currency", "items",
    "order_external_id", "landing_site_url", "abandoned_checkout_url",
  ]

  static func write(_ checkout: Checkout, to csv: inout CSVWriter) throws {
    try csv.cells([
      checkout.token, text(checkout.startedAt), text(checkout.abandonedAt),
      text(checkout.completedAt), text(checkout.total), checkout.total?.currencyCode ?? "",
      "\(checkout.lineItems.count)", checkout.orderExternalID, checkout.landingSiteURL,
      checkout.abandonedCheckoutURL,
    ])
  }

  static let suppressionColumns = ["channel", "reason", "suppressed_at", "source", "note"]

  static func write(_ suppression: PatronProto.Suppression, to csv: inout CSVWriter) throws {
    try csv.cells([
      EnumWord.of(suppression.channel.word), EnumWord.of(suppression.reason.word),
      text(suppression.suppressedAt),
      suppression.source, suppression.note,
    ])
  }

  static let consentColumns = [
    "id", "occurred_at", "recorded_at", "channel", "topic", "action", "previous_state", "state",
    "actor", "opt_in_level", "source", "method", "ip", "user_agent", "page_url", "consent_text",
    "consent_text_version", "form_id", "jurisdiction", "expires_at", "suppression_reason", "note",
    "address", "address_hash", "author_key_id", "author_on_behalf_of",
  ]

  static func write(_ record: ConsentRecord, to csv: inout CSVWriter) throws {
    let evidence = record.evidence ?? ConsentEvidence()
    try csv.cells([
      "\(record.id)", text(record.occurredAt), text(record.recordedAt),
      EnumWord.of(record.channel.word),
      EnumWord.of(record.topic.word), EnumWord.of(record.action.word),
      EnumWord.of(record.previousState.word),
      EnumWord.of(record.state.word),
      EnumWord.of(record.actor.word), EnumWord.of(record.optInLevel.word), evidence.source,
      EnumWord.of(evidence.method.word),
      evidence.ip, evidence.userAgent, evidence.pageURL, evidence.consentText,
      evidence.consentTextVersion, evidence.formID, evidence.jurisdiction,
      text(evidence.expiresAt), EnumWord.of(record.suppressionReason.word), evidence.note,
      record.address,
      hex(record.addressHash), record.author?.keyID ?? "", record.author?.onBehalfOf ?? "",
    ])
  }

  // MARK: - Words

  /// Returns bytes as pairs of hexadecimal digits, which spreadsheets can compare.
  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  private static func text(_ time: GoogleProtobuf.Timestamp?) -> String {
    time.flatMap { try? PatronModel.Timestamp(microseconds: $0.micros) }?.rfc3339 ?? ""
  }

  private static func text(_ money: PatronProto.Money?) -> String {
    guard let money else { return "" }
    let currency = CurrencyCode(stored: money.currencyCode)
    return PatronModel.Money(minorUnits: money.minorUnits, currency: currency).decimal
  }
}

extension CSVWriter {
  package mutating func cells(_ texts: [String]) throws {
    for text in texts { try cell(text) }
    endRow()
  }
}

/// Properties as one plain JSON object, sorted by name: `{"rating":5,"title":"Good"}`. Times and
/// dates are strings.
enum PropertiesJSON {
  static func text(_ properties: [String: PatronProto.PropertyValue]) -> String {
    let members = properties.sorted { $0.key < $1.key }.map { name, value in
      "\(string(name)):\(self.value(value))"
    }
    return "{\(members.joined(separator: ","))}"
  }

  private static func value(_ value: PatronProto.PropertyValue) -> String {
    switch value.kind {
    case .stringValue(let text): string(text)
    case .boolValue(let flag): flag ? "true" : "false"
    case .int64Value(let number): String(number)
    case .doubleValue(let number): number.isFinite ? "\(number)" : "null"
    case .timestampValue(let time):
      string((try? PatronModel.Timestamp(microseconds: time.micros))?.rfc3339 ?? "")
    case .dateValue(let date):
      string(
        CivilDate(year: Int(date.year), month: Int(date.month), day: Int(date.day))?.iso8601 ?? ""
      )
    case nil: "null"
    }
  }

  static func string(_ text: String) -> String {
    JSONString.quoted(text) { $0.value < 0x20 }
  }
}

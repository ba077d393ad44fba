internal import PatronModel
internal import PatronProto

/// The positions of an order, as shipments name them: by product, variant or the shop's identifier
/// of the position. A field that an item leaves out matches any position.
struct OrderPositions {
  private let lines: [LineItem]

  init(_ order: Order) { lines = order.lineItems }

  /// Returns the items of a shipment that no position fits, named by their first field that does
  /// not.
  func violations(of shipment: Fulfillment, at path: String) -> [Violation] {
    // Without positions in the order, any item fits.
    guard !lines.isEmpty else { return [] }
    return shipment.items.enumerated().compactMap { index, item in
      guard let wrong = mismatch(item) else { return nil }
      return Violation(
        path: "\(path).items[\(index)].\(wrong.field)",
        error: RuleError(reason: wrong.reason, message: wrong.message)
      )
    }
  }

  private func mismatch(
    _ item: FulfilledItem
  ) -> (field: String, reason: String, message: String)? {
    var named = Named(line: item.lineItemID)
    guard lines.contains(where: named.fits) else {
      return (
        "line_item_id", "LINE_ITEM_NOT_IN_ORDER",
        "No position of the order has this identifier. Expected is the external_id of one of its "
          + "line items."
      )
    }
    named.product = item.productID
    guard lines.contains(where: named.fits) else {
      return (
        "product_id", "PRODUCT_NOT_IN_ORDER",
        "No position of the order has this product. Expected is the product_id of one of its line "
          + "items."
      )
    }
    named.variant = item.variantID
    guard !lines.contains(where: named.fits) else { return nil }
    return (
      "variant_id", "VARIANT_NOT_IN_ORDER",
      "No position of the order has this variant. Expected is the variant_id of one of its line "
        + "items."
    )
  }

  /// The fields of a position that an item of a shipment names; an empty field matches any.
  private struct Named: Hashable {
    var line = ""
    var product = ""
    var variant = ""

    func fits(_ item: LineItem) -> Bool {
      (line.isEmpty || item.externalID == line) && (product.isEmpty || item.productID == product)
        && (variant.isEmpty || item.variantID == variant)
    }
  }

  /// Returns the first position that an item may name, or nil if it names none.
  func line(of item: FulfilledItem) -> LineItem? {
    let named = Named(line: item.lineItemID, product: item.productID, variant: item.variantID)
    return named == Named() ? nil : lines.first(where: named.fits)
  }

  /// Returns true if shipments that are not cancelled hold more pieces than were ordered: of a
  /// position, a variant, a product, or in all. Always false if a position has no quantity, because
  /// the number ordered is then unknown.
  func areExceeded(by shipments: [Fulfillment]) -> Bool {
    guard shipments.contains(where: { !$0.items.isEmpty }), !lines.isEmpty,
      lines.allSatisfy({ $0.quantity > 0 })
    else { return false }
    var held: [Named: Int64] = [:]
    for shipment in shipments where ![.cancelled, .error].contains(shipment.state) {
      for item in shipment.items {
        for bound in bounds(of: item) { held[bound, default: 0] += Int64(item.quantity) }
      }
    }
    return held.contains { bound, pieces in
      pieces > lines.lazy.filter(bound.fits).reduce(0) { $0 + Int64($1.quantity) }
    }
  }

  /// Returns the pools from which an item takes pieces: its position, the position's variant and
  /// product, and the whole order.
  private func bounds(of item: FulfilledItem) -> Set<Named> {
    let isOfOne = !item.lineItemID.isEmpty || !item.variantID.isEmpty
    let line = isOfOne ? line(of: item) : nil
    let product = line?.productID ?? item.productID
    let variant = line?.variantID ?? ""
    return [
      Named(), Named(product: product), Named(product: product, variant: variant),
      Named(line: item.lineItemID),
    ]
  }
}

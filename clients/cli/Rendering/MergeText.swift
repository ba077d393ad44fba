import PatronClient

enum MergeText {
  /// Describes the result of a merge or of its preview.
  static func merged(
    _ response: MergeCustomersResponse,
    isPreview: Bool,
    width: Int,
    style: Style
  ) -> String {
    var text = isPreview ? style.dim("would be merged") : style.yellow("merged")
    if let id = response.customer?.id { text += "  customer \(id)" }
    if response.mergeID != 0 { text += "  " + style.dim("merge \(response.mergeID)") }
    let moved = [
      count(response.eventCount, "event"), count(response.orderCount, "order"),
    ].joined(separator: ", ")
    text += "\n  \(moved) \(isPreview ? "would move" : "moved")\n"
    text += ConsentText.lines(response.subscriptionChanges, response.customer)
    if let customer = response.customer {
      let card = GetCustomerResponse.with { $0.customer = customer }
      text += CustomerText.card(card, width: width, style: style)
    }
    if response.mergeID != 0 {
      text += style.dim("to reverse it: patron customers unmerge --merge-id \(response.mergeID)")
      text += "\n"
    }
    return text
  }

  /// Describes both customers after a merge was reversed.
  static func unmerged(_ response: UnmergeCustomersResponse, width: Int, style: Style) -> String {
    let customers = [response.primary, response.secondary].compactMap(\.self)
    return style.yellow("unmerged") + "\n"
      + CustomerText.table(customers, width: width, style: style)
  }

  private static func count(_ number: Int64, _ what: String) -> String {
    "\(ValueText.count(number)) \(what)\(number == 1 ? "" : "s")"
  }
}

import PatronClient

enum EventText {
  /// Describes an event that was just written.
  static func recorded(_ response: RecordEventResponse, style: Style) -> String {
    var text = CustomerText.outcome(response.outcome, style)
    if let event = response.event {
      text +=
        "  event \(event.id)  \(SafeText.line(event.title))"
        + "  \(ValueText.minute(event.occurredAt))" + style.dim("  customer \(event.customerID)")
    }
    if response.customerCreated { text += style.green(" (new)") }
    if response.event == nil { text += "  address only: no customer and no event" }
    text += "\n"
    // A repetition changed nothing; the event's fields name the changes of its first delivery.
    if let changed = response.event?.enrichedFields, !changed.isEmpty,
      response.outcome != .unchanged
    {
      text += "changed: \(SafeText.line(changed.joined(separator: ", ")))\n"
    }
    return text + CustomerText.warnings(response.warnings, style)
  }

  /// Returns all fields of one event.
  static func card(_ response: GetEventResponse, width: Int, style: Style) -> String {
    guard let event = response.event else { return "no event\n" }
    var lines: [(label: String, value: String)] = [
      ("id", String(event.id)), ("event id", event.eventID), ("title", event.title),
      ("type", event.type), ("source", ValueText.enumeration(event.source)),
      ("source name", event.sourceName), ("product", event.product),
      ("occurred", ValueText.minute(event.occurredAt)),
      ("recorded", ValueText.minute(event.recordedAt)),
      ("customer", String(event.customerID)), ("amount", ValueText.money(event.amount)),
      ("actor", event.actor == .unspecified ? "" : ValueText.enumeration(event.actor)),
      ("author", ValueText.author(event.author)),
      ("channel", event.channel == .unspecified ? "" : ValueText.enumeration(event.channel)),
      ("revision", event.revision == 0 ? "" : String(event.revision)),
      ("enriched", event.enrichedFields.joined(separator: ", ")),
    ]
    if var references = event.references {
      // The order is printed below.
      if response.order != nil { references.orderExternalID = "" }
      lines += self.references(references)
    }
    for (name, value) in event.properties.sorted(by: { $0.key < $1.key }) {
      lines.append(("property \(name)", ValueText.property(value)))
    }
    if let order = response.order {
      let parts = [
        OrderText.name(order), ValueText.money(order.total), ValueText.day(order.placedAt),
        OrderText.state(order),
      ]
      lines.append(("order", parts.filter { !$0.isEmpty }.joined(separator: ", ")))
    }
    var text = CustomerText.card(lines, width: width, style: style)
    if !response.relatedEvents.isEmpty {
      var timeline = TimelineText(width: width, style: style)
      text += "\n" + style.bold("Related events") + "\n" + timeline.events(response.relatedEvents)
    }
    return text
  }

  private static func references(_ references: EventReferences) -> [(label: String, value: String)]
  {
    [
      ("order", references.orderExternalID), ("campaign", references.campaignName),
      ("campaign id", references.campaignID), ("flow", references.flowID),
      ("message", references.messageID), ("product id", references.productID),
      ("checkout", references.checkoutToken), ("review", references.reviewID),
    ]
  }
}

import PatronClient

extension TimelineText {
  /// An event of a watch on one line: sequence, time, what, and whose it is.
  func watched(_ response: WatchTimelineResponse) -> String {
    guard let event = response.event else { return "" }
    var end = ["customer \(event.customerID)"]
    if let amount = event.amount { end.insert(ValueText.money(amount), at: 0) }
    if response.kind == .replaced { end.append("replaced") }
    if response.kind == .moved { end.append("moved") }
    let tail = end.joined(separator: "  ")
    let head = "\(response.sequence)  \(ValueText.minute(event.occurredAt))  "
    // The symbol takes one column; gaps of two are between the parts.
    let room = max(width - TextWidth.columns(head) - 3 - TextWidth.columns(tail) - 2, 12)
    let title = TextWidth.cut(
      SafeText.line(event.title.isEmpty ? event.type : event.title),
      to: room
    )
    let detailRoom = room - TextWidth.columns(title) - 2
    let detail =
      detailRoom > 5 ? TextWidth.cut(SafeText.line(self.detail(event)), to: detailRoom) : ""
    var text = style.dim(head) + symbol(event.source) + "  " + title
    if !detail.isEmpty { text += "  " + style.dim(detail) }
    return text + "  " + style.dim(tail) + "\n"
  }
}

import PatronClient

/// A timeline as text: a card of the customer, then the events by day, newest first.
struct TimelineText {
  /// Width at which text is cut, in terminal columns.
  let width: Int
  let style: Style
  /// Totals of the header's orders, by id in Patron, for events without an amount.
  private var orders: [Int64: Money] = [:]
  private var lastDay = ""

  init(width: Int, style: Style) {
    self.width = width
    self.style = style
  }

  /// Column at which frames end and amounts are aligned, unless their content is wider. Wider lines
  /// would be hard to follow.
  private var layout: Int { min(width, 100) }

  // MARK: header

  mutating func header(_ header: TimelineHeader) -> String {
    for order in header.latestOrders { orders[order.id] = order.total }
    let customer = header.customer ?? Customer()
    let name = ValueText.name(customer)
    let title = name.isEmpty ? contact(customer).first ?? "customer \(customer.id)" : name
    var lines: [(label: String, value: String)] = [("id", identity(customer))]
    lines.append(("contact", contact(customer).joined(separator: " · ")))
    if customer.orderStats.isEmpty { lines.append(("orders", "none")) }
    lines += customer.orderStats.map { ("orders", OrderText.summary($0)) }
    lines += CustomerText.summaries(customer)
    lines += header.channels.map(ChannelText.line)
    if let tags = customer.tags { lines.append(("tags", tags)) }
    var text = frame(title, lines)
    if !header.latestOrders.isEmpty { text += latestOrders(header.latestOrders) }
    return text
  }

  private func identity(_ customer: Customer) -> String {
    let external = customer.externalID.map { "external id \($0)" }
    let since = customer.createdAt.map { "known since \(ValueText.day($0))" }
    return ([String(customer.id)] + [external, since].compactMap { $0 }).joined(separator: " · ")
  }

  private func contact(_ customer: Customer) -> [String] {
    [customer.email, customer.phoneNumber].compactMap { $0 }.filter { !$0.isEmpty }
  }

  private func frame(_ title: String, _ lines: [(label: String, value: String)]) -> String {
    let lines = lines.filter { !$0.value.isEmpty }
    let label = min(lines.map { TextWidth.columns($0.label) }.max() ?? 0, 24)
    let values = lines.map { TextWidth.columns(SafeText.line($0.value)) }
    let longest = max(
      label + 2 + (values.max() ?? 0),
      TextWidth.columns(SafeText.line(title)) + 4
    )
    let inner = min(width - 4, max(layout - 4, longest))
    let heading = TextWidth.cut(SafeText.line(title), to: inner - 4)
    let rule = String(repeating: "─", count: inner - TextWidth.columns(heading) - 1)
    var text = style.dim("╭─ ") + style.bold(heading) + style.dim(" \(rule)╮") + "\n"
    for line in lines {
      let value = TextWidth.fit(SafeText.line(line.value), to: inner - label - 2)
      text += style.dim("│ ") + style.dim(TextWidth.fit(line.label, to: label)) + "  " + value
      text += style.dim(" │") + "\n"
    }
    return text + style.dim("╰" + String(repeating: "─", count: inner + 2) + "╯") + "\n"
  }

  private func latestOrders(_ orders: [Order]) -> String {
    let amounts = orders.map { ValueText.money($0.total) }
    let amount = amounts.map(TextWidth.columns).max() ?? 0
    let names = orders.map { TextWidth.columns(OrderText.name($0)) }
    let name = min(names.max() ?? 0, max(24, width / 5))
    var text = "\n" + style.bold("Latest orders") + "\n"
    for (order, money) in zip(orders, amounts) {
      let line =
        "  \(ValueText.day(order.placedAt))  "
        + TextWidth.fit(SafeText.line(OrderText.name(order)), to: name) + "  "
        + TextWidth.fit(money, to: amount, right: true) + "  "
      let rest = max(0, width - TextWidth.columns(line))
      let state = TextWidth.cut(OrderText.state(order), to: rest)
      text += state.isEmpty ? line.dropLast(2) + "\n" : line + style.dim(state) + "\n"
    }
    return text
  }

  // MARK: events

  mutating func events(_ events: [Event]) -> String {
    var text = ""
    for event in events {
      let time = UTCTime(event.occurredAt ?? GoogleProtobuf.Timestamp())
      if time.day != lastDay {
        lastDay = time.day
        text += "\n" + style.bold(time.day) + " " + style.dim(time.weekday) + "\n"
      }
      text += line(event, time.clock)
    }
    return text
  }

  private func line(_ event: Event, _ clock: String) -> String {
    let amount = amount(event)
    // The margin, the clock and the symbol, with parts two columns apart.
    let taken = 2 + 5 + 2 + 1 + 2 + (amount.isEmpty ? 0 : TextWidth.columns(amount) + 2)
    let room = width - taken
    let title = TextWidth.cut(
      SafeText.line(event.title.isEmpty ? event.type : event.title),
      to: room
    )
    let detailRoom = room - TextWidth.columns(title) - 2
    let detail =
      detailRoom > 5 ? TextWidth.cut(SafeText.line(self.detail(event)), to: detailRoom) : ""
    var text = "  " + style.dim(clock) + "  " + symbol(event.source) + "  " + title
    if !detail.isEmpty { text += "  " + style.dim(detail) }
    if !amount.isEmpty {
      let used = TextWidth.columns(title) + (detail.isEmpty ? 0 : TextWidth.columns(detail) + 2)
      text += String(repeating: " ", count: max(0, layout - taken - used) + 2) + style.bold(amount)
    }
    return text + "\n"
  }

  private func amount(_ event: Event) -> String {
    if let amount = event.amount { return ValueText.money(amount) }
    guard event.type == "order_placed" else { return "" }
    return ValueText.money(orders[event.orderID])
  }

  func symbol(_ source: EventSource) -> String {
    switch source {
    case .ecommerce: style.green("◆")
    case .product: style.blue("●")
    case .thirdParty: style.magenta("○")
    default: style.dim("·")
    }
  }

  /// Returns the event's source, the order it refers to, its author, and its properties.
  func detail(_ event: Event) -> String {
    var parts = [String]()
    if !event.sourceName.isEmpty { parts.append(event.sourceName) }
    if !event.product.isEmpty && event.product != event.sourceName { parts.append(event.product) }
    if let order = event.references?.orderExternalID, !order.isEmpty { parts.append(order) }
    let author = ValueText.shortAuthor(event.author)
    if !author.isEmpty { parts.append("by \(author)") }
    for (name, value) in event.properties.sorted(by: { $0.key < $1.key }) {
      let text = ValueText.property(value)
      // An order's number may equal its identifier, which is already shown.
      if !parts.contains(text) { parts.append("\(name)=\(text)") }
    }
    return parts.joined(separator: " · ")
  }

  var legend: String {
    "\(symbol(.ecommerce)) \(style.dim("shop"))  \(symbol(.product)) \(style.dim("product"))  "
      + "\(symbol(.thirdParty)) \(style.dim("other application"))  \(style.dim("times are UTC"))\n"
  }
}

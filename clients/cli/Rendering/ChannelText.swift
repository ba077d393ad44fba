import PatronClient

/// Consent and suppression of a channel in a line.
enum ChannelText {
  static func line(_ status: ChannelStatus) -> (label: String, value: String) {
    var text = state(
      status.state,
      subscribed: status.subscribedAt,
      unsubscribed: status.unsubscribedAt
    )
    if !status.source.isEmpty && status.state == .subscribed { text += " (\(status.source))" }
    for suppression in status.suppressions {
      text +=
        ", suppressed since \(ValueText.day(suppression.suppressedAt))"
        + " (\(ValueText.enumeration(suppression.reason)))"
    }
    return (label(status.channel, status.topic), text + "; may send: " + verdict(status))
  }

  /// `yes`, or `no: expired`.
  static func verdict(_ status: ChannelStatus) -> String {
    guard !status.canReceive else { return "yes" }
    let reasons = status.blockReasons.map { self.reason($0, of: status) }
    return "no" + (reasons.isEmpty ? "" : ": " + reasons.joined(separator: ", "))
  }

  /// Why nothing may be sent: `unsubscribed from loyalty`.
  static func reason(_ reason: BlockReason, of status: ChannelStatus) -> String {
    let others = status.blockingTopics.map { ValueText.enumeration($0) }
    return switch reason {
    case .noAddress: status.channel == .sms ? "no phone number" : "no e-mail address"
    case .unsubscribed where !others.isEmpty && status.state != .unsubscribed:
      "unsubscribed from \(others.joined(separator: ", "))"
    case .pendingConfirmation: "not confirmed"
    default: ValueText.enumeration(reason)
    }
  }

  static func line(_ subscription: Subscription) -> (label: String, value: String) {
    let text = state(
      subscription.state,
      subscribed: subscription.subscribedAt,
      unsubscribed: subscription.unsubscribedAt
    )
    return (label(subscription.channel, subscription.topic), text)
  }

  private static func label(_ channel: ContactChannel, _ topic: Topic) -> String {
    let name = channel == .sms ? "SMS" : channel == .email ? "E-mail" : "\(channel)"
    switch topic {
    case .marketing, .unspecified: return name
    default: return "\(name), \(ValueText.enumeration(topic))"
    }
  }

  private static func state(
    _ state: ConsentState,
    subscribed: GoogleProtobuf.Timestamp?,
    unsubscribed: GoogleProtobuf.Timestamp?
  ) -> String {
    switch state {
    case .subscribed:
      return "subscribed" + (subscribed.map { " since \(ValueText.day($0))" } ?? "")
    case .unsubscribed:
      let since = unsubscribed.map { " since \(ValueText.day($0))" } ?? ""
      let before = subscribed.map { ", subscribed \(ValueText.day($0))" } ?? ""
      return "unsubscribed" + since + before
    case .pending: return "waits for confirmation"
    default: return "never subscribed"
    }
  }
}

/// Orders in a line.
enum OrderText {
  /// `6 orders, 156.46 USD, refunded 10.00 USD, net 146.46 USD, 1997-01-02 to 1998-05-28`.
  static func summary(_ stats: OrderStats) -> String {
    var parts = [
      ValueText.plural(stats.orderCount, "order"),
      ValueText.money(stats.totalSpent, stats.currencyCode),
    ]
    if stats.refundedTotal != 0 {
      parts.append("refunded \(ValueText.money(stats.refundedTotal, stats.currencyCode))")
      parts.append("net \(ValueText.money(stats.netSpent, stats.currencyCode))")
    }
    if stats.cancelledCount != 0 {
      parts.append("\(ValueText.count(stats.cancelledCount)) cancelled")
    }
    let (first, last) = (ValueText.day(stats.firstOrderAt), ValueText.day(stats.lastOrderAt))
    if !first.isEmpty { parts.append(first == last ? first : "\(first) to \(last)") }
    return parts.joined(separator: ", ")
  }

  /// Payment, delivery, cancellation.
  static func state(_ order: Order) -> String {
    var parts = [String]()
    if order.cancellation != nil { parts.append("cancelled") }
    if order.paymentStatus != .unspecified {
      parts.append(ValueText.enumeration(order.paymentStatus))
    }
    if order.fulfillmentStatus != .unspecified {
      parts.append(ValueText.enumeration(order.fulfillmentStatus))
    }
    return parts.joined(separator: ", ")
  }

  /// The number that the customer sees.
  static func name(_ order: Order) -> String {
    order.name ?? order.externalID
  }

  /// An order that was just written.
  static func synced(_ response: SyncOrderResponse, style: Style) -> String {
    var text = CustomerText.outcome(response.outcome, style)
    if let order = response.order {
      text +=
        "  order \(SafeText.line(name(order)))  \(ValueText.money(order.total))"
        + "  \(ValueText.day(order.placedAt))"
      text += style.dim("  customer \(order.customerID)")
    }
    if response.customerCreated { text += style.green(" (new)") }
    text += "\n"
    for event in response.derivedEvents {
      text += style.dim("  event: \(SafeText.line(event.type))") + "\n"
    }
    return text + CustomerText.warnings(response.warnings, style)
  }
}

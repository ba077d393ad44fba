import PatronClient

enum ConsentText {
  /// Returns a table of statuses, one channel and topic per row.
  static func statuses(_ statuses: [ChannelStatus], width: Int, style: Style) -> String {
    var table = TextTable([
      .init(title: "CHANNEL"), .init(title: "TOPIC"), .init(title: "STATE"),
      .init(title: "SINCE"), .init(title: "SOURCE", least: 8), .init(title: "MAY SEND"),
      .init(title: "BECAUSE", least: 12),
    ])
    for status in statuses {
      let isKnown = status.changedAt != nil
      table.add([
        ValueText.enumeration(status.channel), ValueText.enumeration(status.topic),
        ValueText.enumeration(status.state), isKnown ? ValueText.day(status.changedAt) : "",
        status.source, status.canReceive ? "yes" : "no", because(status),
      ])
    }
    return table.text(width: width, style: style)
  }

  private static func because(_ status: ChannelStatus) -> String {
    status.blockReasons.map { reason in
      if reason == .unsubscribed { return ChannelText.reason(reason, of: status) }
      guard reason == .suppressed else { return ValueText.enumeration(reason) }
      let reasons = status.suppressions.map { suppression in
        "\(ValueText.enumeration(suppression.reason)) \(ValueText.day(suppression.suppressedAt))"
      }
      return "suppressed (\(reasons.joined(separator: ", ")))"
    }.joined(separator: ", ")
  }

  /// Returns a table of ledger rows.
  static func history(_ records: [ConsentRecord], width: Int, style: Style) -> String {
    var table = TextTable([
      .init(title: "ROW"), .init(title: "WHEN"), .init(title: "CHANNEL"), .init(title: "TOPIC"),
      .init(title: "WHAT"), .init(title: "BY"), .init(title: "AUTHOR", least: 8),
      .init(title: "SOURCE", least: 8), .init(title: "HOW", least: 8),
      .init(title: "NOTE", least: 8),
    ])
    for record in records {
      table.add([
        String(record.id), ValueText.minute(record.occurredAt),
        ValueText.enumeration(record.channel), ValueText.enumeration(record.topic), what(record),
        ValueText.enumeration(record.actor), ValueText.shortAuthor(record.author),
        record.evidence?.source ?? "", how(record), record.evidence?.note ?? "",
      ])
    }
    return table.text(width: width, style: style)
  }

  /// Formats the evidence, as in `form, confirmed, 192.0.2.1`.
  private static func how(_ record: ConsentRecord) -> String {
    let evidence = record.evidence ?? ConsentEvidence()
    let parts = [
      evidence.method == .unspecified ? "" : ValueText.enumeration(evidence.method),
      record.optInLevel == .unspecified ? "" : ValueText.enumeration(record.optInLevel),
      evidence.ip,
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: ", ")
  }

  private static func what(_ record: ConsentRecord) -> String {
    switch record.action {
    case .suppress: "suppressed: \(ValueText.enumeration(record.suppressionReason))"
    case .unsuppress: "lifted: \(ValueText.enumeration(record.suppressionReason))"
    default: step(from: record.previousState, to: record.state)
    }
  }

  /// Formats a change of state; an unchanged state counts as renewed.
  private static func step(from before: ConsentState, to after: ConsentState) -> String {
    before == after
      ? "\(ValueText.enumeration(after)), renewed"
      : "\(ValueText.enumeration(before)) → \(ValueText.enumeration(after))"
  }

  /// Describes the effect of an agreement.
  static func subscribed(_ response: SubscribeCustomerResponse, style: Style) -> String {
    var text = CustomerText.outcome(response.outcome, style)
    if let id = response.customer?.id { text += "  customer \(id)" }
    text += "\n" + lines(response.changes, response.customer)
    if !response.confirmationToken.isEmpty {
      let token = SafeText.line(response.confirmationToken)
      text += "to be confirmed: patron consent confirm \(token)\n"
    }
    return text + CustomerText.warnings(response.warnings, style)
  }

  /// Describes the effect of an opt-out.
  static func unsubscribed(_ response: UnsubscribeCustomerResponse, style: Style) -> String {
    let text =
      if response.customer != nil {
        changed(response.changes, response.customer, style: style)
      } else if response.outcome == .unchanged {
        "no customer has that address: it is suppressed already\n"
      } else {
        "no customer has that address: it is suppressed\n"
      }
    return text + CustomerText.warnings(response.warnings, style)
  }

  /// Describes the effect of a confirmation or an opt-out.
  static func changed(
    _ changes: [SubscriptionChange],
    _ customer: Customer?,
    style: Style
  ) -> String {
    var text = CustomerText.outcome(changes.isEmpty ? .unchanged : .updated, style)
    if let id = customer?.id { text += "  customer \(id)" }
    return text + "\n" + lines(changes, customer)
  }

  /// Returns changes of subscriptions, one per line. An unchanged state is followed by its current
  /// details, because those are the change.
  static func lines(_ changes: [SubscriptionChange], _ customer: Customer?) -> String {
    changes.map { change in
      let now = customer?.subscriptions.first {
        $0.channel == change.channel && $0.topic == change.topic
      }
      return "  \(ValueText.enumeration(change.channel)), \(ValueText.enumeration(change.topic)): "
        + step(from: change.before, to: change.after)
        + (change.before == change.after ? now.map(details) ?? "" : "") + "\n"
    }.joined()
  }

  /// Formats the details of a subscription: `: by customer, confirmed, until 2027-05-31`.
  private static func details(_ subscription: Subscription) -> String {
    var parts = ["by \(ValueText.enumeration(subscription.changedBy))"]
    if subscription.optInLevel != .unspecified {
      parts.append(ValueText.enumeration(subscription.optInLevel))
    }
    if subscription.expiresAt != nil {
      parts.append("until \(ValueText.day(subscription.expiresAt))")
    }
    return ": " + parts.joined(separator: ", ")
  }

  /// Describes a suppression that was added or lifted, and the resulting status of the channels.
  static func suppression(
    _ outcome: Outcome,
    _ customer: Customer?,
    _ channels: [ChannelStatus],
    _ warnings: [Warning],
    style: Style
  ) -> String {
    var text = CustomerText.outcome(outcome, style)
    text += customer.map { "  customer \($0.id)" } ?? "  an address that no customer has"
    text += "\n"
    for status in channels {
      let line = ChannelText.line(status)
      text += "  \(line.label): \(SafeText.line(line.value))\n"
    }
    return text + CustomerText.warnings(warnings, style)
  }
}

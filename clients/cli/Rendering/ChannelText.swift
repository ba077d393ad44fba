import PatronClient

/// Consent and suppressions of a channel on one line.
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

  /// Returns `yes`, or the reasons as in `no: expired`.
  static func verdict(_ status: ChannelStatus) -> String {
    guard !status.canReceive else { return "yes" }
    let reasons = status.blockReasons.map { self.reason($0, of: status) }
    return "no" + (reasons.isEmpty ? "" : ": " + reasons.joined(separator: ", "))
  }

  /// Returns the text of a block reason, such as `unsubscribed from loyalty`.
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
    case .pending: return "waiting for confirmation"
    default: return "never subscribed"
    }
  }
}

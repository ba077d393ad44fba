/// A product that sends events. Raw values are the names in the protocol.
package enum EventProduct: String, Sendable, Hashable, CaseIterable {
  /// Forms, keywords and lists.
  case subscriptionTools = "subscription_tools"
  /// Text messages.
  case sms
  /// E-mail.
  case email
  /// Campaigns and automated flows.
  case campaigns
  /// Reviews, questions and photos.
  case reviews
  /// Points, tiers and rewards.
  case loyalty
  /// Referrals of friends.
  case referrals
  /// Requests that customers submit.
  case requests
  /// Segments.
  case segments
  /// The customer's record itself.
  case profile
}

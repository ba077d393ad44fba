/// A store's decisions on delivery.
package struct DeliverySettings: Sendable, Hashable {
  /// True to send transactional text messages to subscribers only. By default customers who were
  /// never asked get them too.
  package var transactionalSMSToSubscribersOnly: Bool

  package init(transactionalSMSToSubscribersOnly: Bool = false) {
    self.transactionalSMSToSubscribersOnly = transactionalSMSToSubscribersOnly
  }
}

/// A right that a key has or lacks. Raw values are the names of the contract; the contract says
/// which scope a method needs, and what each of them covers. No scope includes another.
package enum Scope: String, CaseIterable, Sendable {
  /// Customers, their consent, and the settings of the store.
  case customersRead = "customers:read"
  /// Customers, with the consent that their records bring.
  case customersWrite = "customers:write"
  /// Agreements, opt-outs and suppressions.
  case consentWrite = "consent:write"
  /// Events and orders, with the customer that they belong to.
  case timelineRead = "timeline:read"
  /// Events, orders and checkouts.
  case timelineWrite = "timeline:write"
  /// Files of customers and of timelines.
  case export
  /// Erasures of customers.
  case erase
  /// Changes of the settings of the store.
  case settings
  /// Events as they are committed.
  case watch
  /// Keys, stores and the audit log.
  case admin
}

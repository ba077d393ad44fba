/// The kind of author of a change. It decides what the change reports by itself.
package enum ChangeAuthor: Sendable {
  /// A call or a row of an import that is about the customer: the change is an event of its own,
  /// may replace identifiers, and warns of suppressed addresses.
  case request
  /// An event, an order, a checkout or an agreement, which is its own report.
  case evidence
}

/// The kind of author of a change. It decides which events and warnings the change emits by itself.
package enum ChangeAuthor: Sendable {
  /// A call or a row of an import that is about the customer: the change is an event of its own,
  /// may replace identifiers, and warns of suppressed addresses.
  case request
  /// An event, an order, a checkout or an agreement, which is its own report.
  case evidence
}

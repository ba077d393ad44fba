/// The kind of value in an event field. Raw values are the names in the protocol.
package enum EventFieldKind: String, Sendable, Hashable, CaseIterable {
  /// Text. Several values in one field are joined by commas.
  case string
  case bool
  /// A whole number.
  case int
  /// A finite number.
  case double
  /// An instant.
  case timestamp
  /// A calendar date.
  case date
  /// An amount with its currency.
  case money
}

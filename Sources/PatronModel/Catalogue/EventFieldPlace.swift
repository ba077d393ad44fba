/// The place of a field in an event.
package enum EventFieldPlace: Sendable, Hashable, CaseIterable {
  /// The properties, under the field's name.
  case property
  /// The references, under the field's name.
  case reference
  /// The amount.
  case amount
}

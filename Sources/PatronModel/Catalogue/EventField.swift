/// A field of an event type.
package struct EventField: Sendable, Hashable {
  package let name: String
  package let kind: EventFieldKind
  /// The place of the field in the event.
  package let place: EventFieldPlace
  /// True if an event needs the field to make sense.
  package let required: Bool
  /// True if it may hold personal data, which an erasure removes.
  package let personal: Bool
  /// The allowed whole numbers; nil for all.
  package let range: ClosedRange<Int64>?

  package init(
    _ name: String,
    _ kind: EventFieldKind,
    place: EventFieldPlace = .property,
    required: Bool = false,
    personal: Bool = false,
    range: ClosedRange<Int64>? = nil
  ) {
    self.name = name
    self.kind = kind
    self.place = place
    self.required = required
    self.personal = personal
    self.range = range
  }
}

/// The columns about the suppressions of a channel. Each is a list with one item per suppression.
/// Raw values are suffixes of names: `sms_suppressed`.
package enum SuppressionColumn: String, Sendable, Hashable, CaseIterable {
  /// True if there are any suppressions.
  case isSuppressed = "suppressed"
  /// The reasons.
  case reasons = "suppression_reasons"
  /// The start times.
  case suppressedAt = "suppressed_at"
  /// The persons or systems that reported them.
  case sources = "suppression_sources"
  /// The free texts.
  case notes = "suppression_notes"

  /// True if an import reads the column.
  package var isWritable: Bool { self != .isSuppressed }
}

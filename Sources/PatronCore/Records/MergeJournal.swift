/// The journal of merges, from which a merge can be undone.
package enum MergeJournal {
  /// The time during which a merge can be undone, in microseconds: 30 days. The journal holds
  /// personal data, which is deleted after that time.
  package static let lifetime: Int64 = 30 * 24 * 3600 * 1_000_000
}

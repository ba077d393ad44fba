/// The journal of merges, by which a merge can be undone.
package enum MergeJournal {
  /// The time for which a merge can be undone, in microseconds: 30 days. The journal holds personal
  /// data and is emptied after that.
  package static let lifetime: Int64 = 30 * 24 * 3600 * 1_000_000
}

/// The first place at which the audit log does not fit.
package enum AuditFinding: Error, Equatable, CustomStringConvertible {
  /// The row's content or its hash was changed, or the place behind which the log begins.
  case changed(sequence: Int64)
  /// A row follows that is not the next one: rows are missing, or were swapped.
  case unexpected(sequence: Int64, expected: Int64)
  /// The log begins at another place than its newest row about a removal says.
  case beginMoved(behind: Int64, expected: Int64)
  /// No row has the expected hash: the end of the log is missing, or it is another log.
  case endMissing(last: Int64)
  /// No row that is kept has the expected hash, and no row about a removal names it. It may be that
  /// of a row which was pruned.
  case expectedUnknown(pruned: Int64, last: Int64)

  package var description: String {
    switch self {
    case .changed(let sequence):
      "row \(sequence) of the audit log does not fit its hash: it was changed after it was written"
    case .unexpected(let sequence, let expected):
      "row \(sequence) of the audit log comes where row \(expected) is expected: rows were removed "
        + "or swapped"
    case .beginMoved(let sequence, 0):
      "the audit log begins behind row \(sequence), but no row of it says that those up to there "
        + "were pruned: they were removed in another way"
    case .beginMoved(let sequence, let expected):
      "the audit log begins behind row \(sequence), but by its own rows those up to \(expected) "
        + "were pruned: rows were removed or added at its begin in another way"
    case .endMissing(let last):
      "no row of the audit log has the expected hash; its last row is \(last): rows were removed "
        + "from its end, or the hash is that of another log"
    case .expectedUnknown(let pruned, let last):
      "no row from \(pruned + 1) to \(last) has the expected hash. If it is that of a row up to "
        + "\(pruned), it is older than what is kept, because those were pruned: expect a later "
        + "one; if not, rows were removed from the end, or the hash is that of another log"
    }
  }
}

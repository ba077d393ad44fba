/// The first place at which the audit log does not fit.
package enum AuditFinding: Error, Equatable, CustomStringConvertible {
  /// The row's content or its hash was changed, or the place behind which the log begins.
  case changed(sequence: Int64)
  /// A row follows that is not the next one: rows are missing, or were swapped.
  case unexpected(sequence: Int64, expected: Int64)
  /// No row has the expected hash: the end of the log is missing, or it is another log.
  case endMissing(last: Int64)

  package var description: String {
    switch self {
    case .changed(let sequence):
      "row \(sequence) of the audit log does not fit its hash: it was changed after it was written"
    case .unexpected(let sequence, let expected):
      "row \(sequence) of the audit log comes where row \(expected) is expected: rows were removed "
        + "or swapped"
    case .endMissing(let last):
      "no row of the audit log has the expected hash; its last row is \(last): rows were removed "
        + "from its end, or the hash is that of another log"
    }
  }
}

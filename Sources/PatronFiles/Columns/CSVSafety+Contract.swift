internal import PatronCore
package import PatronModel
package import PatronProto
internal import PatronStore
internal import ProtobufC

extension CSVSafety {
  /// Creates the safety that a request names; smart if it names none.
  package init(_ safety: CsvSafety) {
    switch safety {
    case .strict: self = .strict
    case .off: self = .off
    default: self = .smart
    }
  }
}

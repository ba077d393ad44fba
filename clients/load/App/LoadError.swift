/// Why a run did not begin: one line for people, and whose fault it is.
struct LoadError: Error, Equatable, CustomStringConvertible {
  /// What the exit status says.
  enum Kind: Sendable {
    /// Something on this side, or the server cannot be reached.
    case local
    /// The command line.
    case usage
  }

  let kind: Kind
  let description: String

  static func usage(_ text: String) -> LoadError { LoadError(kind: .usage, description: text) }
  static func local(_ text: String) -> LoadError { LoadError(kind: .local, description: text) }
}

import TTRPC

/// The error of a run that did not start: one line of text, and its kind.
struct LoadError: Error, Equatable, CustomStringConvertible {
  /// The kind of an error, which selects the exit status.
  enum Kind: Sendable {
    /// A local failure, or an unreachable server.
    case local
    /// A mistake on the command line.
    case usage
  }

  let kind: Kind
  let description: String

  init(kind: Kind, description: String) {
    self.kind = kind
    self.description = description
  }

  /// Creates the error of an address, a key or TLS: wrong usage, unless a file cannot be read.
  init(access error: RPCError) {
    self.init(
      kind: error.code == .invalidArgument ? .usage : .local,
      description: error.message
    )
  }

  static func usage(_ text: String) -> LoadError { LoadError(kind: .usage, description: text) }
  static func local(_ text: String) -> LoadError { LoadError(kind: .local, description: text) }
}

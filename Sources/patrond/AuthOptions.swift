import ArgumentParser
import PatronServer
import TTRPCNIO

/// The flag of the callers that need a key.
struct AuthOptions: ParsableArguments {
  /// The values of `--auth`.
  enum Authentication: String, ExpressibleByArgument, CaseIterable {
    case off
    case keys
  }

  @Option(help: .setting("auth")) var auth: Authentication?

  /// Returns the mode of the gate for a server on these addresses.
  ///
  /// - Throws: a usage error for `off` with an address that other machines can reach.
  func mode(for addresses: [ListenAddress]) throws -> Gate.Mode {
    let distant = addresses.first { !$0.isLocal }
    switch auth {
    case .keys: return .keys
    case nil: return distant == nil ? .off : .keys
    case .off:
      guard let distant else { return .off }
      throw ValidationError(
        "--auth off: other machines can reach \(distant), and would need no key to read and erase "
          + "every store. Leave the flag out and make keys with `patrond keys create`, or listen "
          + "on 127.0.0.1 or unix:PATH."
      )
    }
  }
}

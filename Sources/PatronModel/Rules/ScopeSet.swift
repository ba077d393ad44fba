/// The scopes of a key. Raw values are stored: a bit keeps its scope forever. Bits that no scope
/// has come from a later version; they are kept, and give no right.
package struct ScopeSet: OptionSet, Sendable, Hashable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Creates the set of the given scopes.
  package init(_ scopes: [Scope]) {
    rawValue = scopes.reduce(0) { $0 | $1.bit }
  }

  /// Every scope of this version.
  package static let all = ScopeSet(Scope.allCases)

  /// Returns true if the set has the scope.
  package func contains(_ scope: Scope) -> Bool { rawValue & scope.bit != 0 }

  /// The scopes of the set, in the order of the contract.
  package var scopes: [Scope] { Scope.allCases.filter { contains($0) } }
}

extension Scope {
  /// The bit of the scope in a set. It is stored: never change or reuse one.
  fileprivate var bit: UInt16 {
    switch self {
    case .customersRead: 1 << 0
    case .customersWrite: 1 << 1
    case .consentWrite: 1 << 2
    case .timelineRead: 1 << 3
    case .timelineWrite: 1 << 4
    case .export: 1 << 5
    case .erase: 1 << 6
    case .settings: 1 << 7
    case .watch: 1 << 8
    case .admin: 1 << 9
    }
  }
}

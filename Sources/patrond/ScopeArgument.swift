import ArgumentParser
import PatronModel

/// The scopes of a key as a command line names them: names and presets, with commas between.
struct ScopeArgument {
  /// The names of the scopes, each once, in the order of the contract.
  let names: [String]

  /// Names for the sets that most keys need.
  static let presets: [(name: String, scopes: [Scope])] = [
    ("read", [.customersRead, .timelineRead, .watch]),
    (
      "write",
      [.customersRead, .customersWrite, .consentWrite, .timelineRead, .timelineWrite, .watch]
    ),
    ("all", Scope.allCases.filter { $0 != .admin }),
  ]

  /// Reads `customers:read,export` or `read,export`.
  init(_ text: String) throws {
    var found: [Scope] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let name = part.trimmingSpaces
      guard let scopes = Self.scopes(name) else { throw Self.unknown(name) }
      found += scopes
    }
    names = Scope.allCases.filter(found.contains).map(\.rawValue)
  }

  private static func scopes(_ name: String) -> [Scope]? {
    if let scope = Scope(rawValue: name) { return [scope] }
    return presets.first { $0.name == name }?.scopes
  }

  private static func unknown(_ name: String) -> ValidationError {
    if name.isEmpty { return ValidationError("a scope is empty; \(expected)") }
    let near = NearestNames.of(name.lowercased(), among: known).first
    let hint = near.map { "did you mean `\($0)`?" } ?? expected
    return ValidationError("there is no scope `\(name.prefix(64))`; \(hint)")
  }

  private static var expected: String { "expected are \(known.joined(separator: ", "))" }

  /// The presets, and then the scopes.
  static var known: [String] { presets.map(\.name) + Scope.allCases.map(\.rawValue) }

  /// Completes the last of the names.
  static var completion: CompletionKind {
    .custom { _, _, prefix in
      let before = prefix.lastIndex(of: ",").map { String(prefix[...$0]) } ?? ""
      let taken = before.split(separator: ",").map(String.init)
      return known.filter { !taken.contains($0) }.map { before + $0 }
    }
  }
}

extension Substring {
  /// The text without spaces at its ends.
  fileprivate var trimmingSpaces: String {
    var rest = self
    while rest.first == " " { rest.removeFirst() }
    while rest.last == " " { rest.removeLast() }
    return String(rest)
  }
}

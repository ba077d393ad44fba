import ArgumentParser

import enum PatronModel.AuditAction
import enum PatronModel.NearestNames

/// An action of the audit log, or the group of those whose names begin with the same word.
struct AuditActionArgument: Sendable, Equatable {
  /// The names of the actions.
  let actions: [String]

  /// The names that are accepted: groups and actions.
  static let names: [String] = {
    let actions = AuditAction.allCases.map(\.rawValue)
    var groups: [String] = []
    for action in actions where !groups.contains(group(of: action)) {
      groups.append(group(of: action))
    }
    return groups + actions
  }()

  init(_ text: String) throws {
    let all = AuditAction.allCases.map(\.rawValue)
    let found = all.filter { $0 == text || Self.group(of: $0) == text }
    guard !found.isEmpty else {
      let near = NearestNames.of(text, among: Self.names)
      throw ValidationError(
        "There is no such action. Expected is one of "
          + (near.isEmpty ? all : near).joined(separator: ", ") + "."
      )
    }
    actions = found
  }

  private static func group(of action: String) -> String {
    String(action.prefix { $0 != "." })
  }
}

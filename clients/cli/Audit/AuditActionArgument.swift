import ArgumentParser

import enum PatronModel.AuditAction
import struct PatronModel.RuleError

/// An action of the audit log, or the group of those whose names begin with the same word.
struct AuditActionArgument: Sendable, Equatable {
  /// The names of the actions.
  let actions: [String]

  init(_ text: String) throws {
    do throws(RuleError) {
      actions = try AuditAction.named(text).map(\.rawValue)
    } catch {
      throw ValidationError(error.message)
    }
  }
}

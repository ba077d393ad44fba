import ArgumentParser
import PatronModel

/// An action of the audit log on a command line, or the group of those whose names begin with the
/// same word, as in `patron audit list`.
struct AuditActionArgument {
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

/// What the writer keeps of the stores' settings, so that a write need not read them to find out
/// that they say nothing of it: the addresses that are nobody's.
final class SettingsMemory {
  /// Stores to remember at most.
  private static let capacity = 10_000
  private var sharedIdentifiers: [String: Set<String>] = [:]

  /// The addresses of a store; asks once.
  func sharedIdentifiers(
    of store: String,
    _ ask: () throws -> Set<String>
  ) rethrows -> Set<String> {
    if let known = sharedIdentifiers[store] { return known }
    if sharedIdentifiers.count >= Self.capacity { sharedIdentifiers.removeAll() }
    let answer = try ask()
    sharedIdentifiers[store] = answer
    return answer
  }

  /// Forgets what changes.
  func forget(_ store: String) { sharedIdentifiers[store] = nil }

  /// Forgets everything: a transaction that was rolled back may have changed it.
  func forget() { sharedIdentifiers.removeAll() }
}

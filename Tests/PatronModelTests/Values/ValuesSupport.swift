import PatronModel

/// Returns the reason that `body` throws, or nil if it succeeds.
func reason<Value>(_ body: () throws(RuleError) -> Value) -> String? {
  do throws(RuleError) {
    _ = try body()
    return nil
  } catch {
    return error.reason
  }
}

/// Returns `count` times the letter `a`.
func letters(_ count: Int) -> String { String(repeating: "a", count: count) }

import PatronModel

/// The reason with which `body` throws; nil when it does not.
func reason<Value>(_ body: () throws(RuleError) -> Value) -> String? {
  do throws(RuleError) {
    _ = try body()
    return nil
  } catch {
    return error.reason
  }
}

/// `count` times `a`.
func letters(_ count: Int) -> String { String(repeating: "a", count: count) }

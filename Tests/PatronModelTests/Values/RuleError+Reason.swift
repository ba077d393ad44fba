import PatronModel

extension RuleError {
  /// Returns the reason of the error that `body` throws, or nil if it succeeds.
  static func reason<Value>(_ body: () throws(RuleError) -> Value) -> String? {
    do throws(RuleError) {
      _ = try body()
      return nil
    } catch {
      return error.reason
    }
  }
}

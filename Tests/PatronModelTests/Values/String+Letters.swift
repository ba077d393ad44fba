extension String {
  /// Returns `count` times the letter `a`.
  static func letters(_ count: Int) -> String { String(repeating: "a", count: count) }
}

import PatronModel

extension StartSettings {
  /// Returns the variables whose names are nearly those of settings. Others that begin with
  /// `PATRON_` belong to clients, or were made by an orchestrator for a service of that name.
  func misspeltVariables(
    in environment: [String: String]
  ) -> [(found: String, meant: String)] {
    let names = values.map(\.setting.variable)
    return environment.keys.sorted().compactMap { name in
      guard name.hasPrefix("PATRON_"), !names.contains(name) else { return nil }
      let near = NearestNames.near(name, among: names)
      return near.map { (name, $0) }
    }
  }
}

extension NearestNames {
  /// Returns the nearest name if it differs by no more than two letters.
  fileprivate static func near(_ name: String, among names: [String]) -> String? {
    of(name, among: names).first.flatMap { found in
      abs(found.count - name.count) <= 2 && differences(found, name) <= 2 ? found : nil
    }
  }

  /// Returns the number of letters that are in one of the names and not in the other.
  private static func differences(_ one: String, _ other: String) -> Int {
    one.difference(from: other).count
  }
}

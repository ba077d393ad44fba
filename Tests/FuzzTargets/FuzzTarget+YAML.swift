import PatronSettings

extension FuzzTarget {
  /// The text of a settings file.
  static let yaml = FuzzTarget(name: "yaml") { bytes in
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    let lines = 1 + text.count(where: \.isNewline)
    let settings: SettingsText
    do throws(SettingsError) {
      settings = try SettingsText(text, path: "f")
    } catch {
      require(error.description.hasPrefix("f:"), "a mistake has its place")
      return
    }
    require(Set(settings.entries.map(\.name)).count == settings.entries.count, "names are unique")
    for entry in settings.entries {
      require((1...lines).contains(entry.line), "a name is in a line of the file")
      guard case .list(let items) = entry.value else { continue }
      require(
        items.allSatisfy { (entry.line...lines).contains($0.line) },
        "the items of a list are behind its name"
      )
    }
  }
}

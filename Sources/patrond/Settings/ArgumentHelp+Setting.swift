import ArgumentParser

extension ArgumentHelp {
  /// The help of a setting's flag. The default is in it unless ArgumentParser adds that itself.
  static func setting(_ name: String, saysDefault: Bool = true) -> ArgumentHelp {
    let setting = Setting.named(name)
    var text = setting.help + "."
    if saysDefault, !setting.defaultText.isEmpty { text += " (default: \(setting.defaultText))" }
    return ArgumentHelp("\(text)", valueName: setting.unit.isEmpty ? nil : setting.unit)
  }
}

extension Setting {
  /// Checks the value of a flag.
  ///
  /// - Throws: a usage error if it is out of the setting's range.
  static func check(_ value: Int, _ name: String) throws {
    let setting = named(name)
    guard setting.takes(String(value)) else {
      throw ValidationError("--\(name) is \(value); expected \(setting.expected).")
    }
  }
}

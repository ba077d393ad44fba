import PatronModel

/// A setting of `patrond serve`: a flag, an environment variable and a key of the settings file.
struct Setting: Sendable {
  /// The values that a setting takes.
  enum Kind: Sendable, Equatable {
    /// A whole number in a range.
    case number(ClosedRange<Int>)
    /// One of these words.
    case choice([String])
    /// Any text that is not empty.
    case text
    /// Texts that are not empty; the flag may be repeated.
    case list
    /// True or false; false by default. The flag, which takes no value, is true.
    case off
    /// True or false; true by default. The flag is true, and false with `no-` in front.
    case on
  }

  /// The name of the flag without its dashes, and the key of the settings file.
  let name: String
  let kind: Kind
  /// The unit of a number, or the name of the value in the help.
  let unit: String
  /// The value when nothing sets it, as the flag takes it; empty if it is none or follows from
  /// others.
  let standard: String
  /// The default in words, where ``standard`` is empty.
  var standardText = ""
  /// One sentence without a full stop.
  let help: String
  /// True if SIGHUP puts a new value into force.
  var isReloadable = false
  /// True if no output may show the value.
  var isSecret = false
  /// True if the settings file may have it.
  var isInFile = true

  /// The flag with its dashes.
  var flag: String { "--" + name }

  /// The environment variable.
  var variable: String {
    "PATRON_" + name.uppercased().replacing("-", with: "_")
  }

  /// The default for people.
  var defaultText: String { standard.isEmpty ? standardText : standard }

  /// The expected values, for errors and documents.
  var expected: String {
    switch kind {
    case .number(let range): "\(range.lowerBound) to \(range.upperBound)"
    case .choice(let words): words.joined(separator: ", ")
    case .text, .list: "<\(unit)>"
    case .off, .on: "true, false"
    }
  }

  /// Returns true if the setting takes `text` as (one of) its values. Texts such as addresses and
  /// paths are checked where they are used.
  func takes(_ text: String) -> Bool {
    switch kind {
    case .number(let range): Int(text).map(range.contains) ?? false
    case .choice(let words): words.contains(text)
    case .text, .list: !text.isEmpty
    case .off, .on: text == "true" || text == "false"
    }
  }

  /// Returns the command-line arguments that set these values.
  func arguments(_ texts: [String]) -> [String] {
    switch kind {
    case .off: texts == ["true"] ? [flag] : []
    case .on: texts == ["false"] ? ["--no-" + name] : [flag]
    case .number, .choice, .text, .list: texts.map { "\(flag)=\($0)" }
    }
  }
}

extension Setting {
  /// Every setting, in the order of the help.
  static let all: [Setting] =
    serving + security + operation + memory + store + clients + callers

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// Returns the setting of a name, or nil if there is none.
  static func find(_ name: String) -> Setting? { byName[name] }

  /// Returns the setting of a name that the program itself uses.
  static func named(_ name: String) -> Setting {
    guard let setting = byName[name] else {
      preconditionFailure("Setting.all does not describe \(name)")
    }
    return setting
  }

  /// Returns the name of a setting that is nearest to a misspelt one; nil if none is near.
  static func nearest(to name: String) -> String? {
    // The search takes underscores for the ends of words.
    let names = all.filter(\.isInFile).map { $0.name.replacing("-", with: "_") }
    let wanted = name.lowercased().replacing("-", with: "_")
    return NearestNames.of(wanted, among: names).first?.replacing("_", with: "-")
  }
}

extension Setting {
  /// The row of the setting in docs/configuration.md.
  var documentation: String {
    let cells = [
      "`\(name)`", "\(expected) \(isNumber ? unit : "")", defaultText, isReloadable ? "yes" : "",
      help,
    ]
    return "| " + cells.map(Self.cell).joined(separator: " | ") + " |"
  }

  private var isNumber: Bool {
    if case .number = kind { true } else { false }
  }

  private static func cell(_ text: String) -> String {
    text.replacing("|", with: "\\|").replacing("<", with: "\\<").split(separator: " ")
      .joined(separator: " ")
  }
}

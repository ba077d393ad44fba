package import Logging
internal import PatronModel

/// The least level of the lines that are written, for each component.
package struct LogLevels: Sendable, Equatable {
  private var usual = Logger.Level.info
  private var own: [LogComponent: Logger.Level] = [:]

  /// Level `info` for every component.
  package init() {}

  /// Reads a list such as `info,store=debug`: a level for all components, and levels for some.
  ///
  /// - Throws: an error that names the word that is wrong, and a similar one that is not.
  package init(_ text: String) throws(LogLevelError) {
    var hasUsual = false
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let words = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if words.count == 1 {
        let level = try Self.level(words[0])
        guard !hasUsual else {
          throw LogLevelError("`\(part.prefix(64))` is a second level for all components; name one")
        }
        hasUsual = true
        usual = level
      } else {
        let component = try Self.component(words[0])
        guard own[component] == nil else {
          throw LogLevelError("the component `\(component.rawValue)` has two levels; name one")
        }
        own[component] = try Self.level(words[1])
      }
    }
  }

  /// The least level of a component's lines.
  package subscript(_ component: LogComponent) -> Logger.Level { own[component] ?? usual }

  private static func level(_ word: Substring) throws(LogLevelError) -> Logger.Level {
    if let level = Logger.Level(rawValue: String(word)) { return level }
    let names = Logger.Level.allCases.map(\.rawValue)
    throw LogLevelError("`\(word.prefix(64))` is no log level", word, names, "levels")
  }

  private static func component(_ word: Substring) throws(LogLevelError) -> LogComponent {
    if let component = LogComponent(rawValue: String(word)) { return component }
    let names = LogComponent.allCases.map(\.rawValue)
    throw LogLevelError("`\(word.prefix(64))` is no component", word, names, "components")
  }
}

/// The mistake in a list of levels.
package struct LogLevelError: Error, Sendable, CustomStringConvertible {
  /// One or two sentences for the operator, without a full stop at the end.
  package let description: String

  fileprivate init(_ description: String) { self.description = description }

  fileprivate init(_ problem: String, _ word: Substring, _ names: [String], _ kind: String) {
    let near = NearestNames.of(word.lowercased(), among: names).first
    let hint = near.map { "; did you mean `\($0)`?" } ?? "."
    description = "\(problem)\(hint) The \(kind) are \(names.joined(separator: ", "))"
  }
}

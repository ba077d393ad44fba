import Foundation
import TestKit

/// The files of this checkout, as the house rules read them.
enum Repository {
  private static let root = URL(fileURLWithPath: RepositoryRoot.path)

  /// Every text file that people write, without build products, data and generated code.
  static let files: [TextFile] = load()

  /// The code of every Swift file of the product by path, line by line, without comments and the
  /// contents of strings.
  static let code: [String: [String]] = Dictionary(
    uniqueKeysWithValues: files(ending: ".swift", under: ["Sources", "clients"]).map { file in
      (file.path, SwiftText(file.text).lines)
    }
  )

  /// Returns the files with one of the endings, in one of the folders or, without folders,
  /// anywhere.
  static func files(ending endings: String..., under folders: [String] = []) -> [TextFile] {
    files.filter { file in
      endings.contains { file.path.hasSuffix($0) }
        && (folders.isEmpty || folders.contains { file.path.hasPrefix($0 + "/") })
    }
  }

  private static let skippedFolders: Set<String> = [".git", "patron-data", "__pycache__"]
  private static let textEndings: Set<String> = [
    "swift", "c", "h", "go", "py", "awk", "sh", "sql", "proto", "md", "yaml", "yml", "txt", "",
  ]

  private static func load() -> [TextFile] {
    let keys: [URLResourceKey] = [.isDirectoryKey, .isRegularFileKey]
    let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: keys)
    var found: [TextFile] = []
    while let url = walk?.nextObject() as? URL {
      let values = try? url.resourceValues(forKeys: Set(keys))
      if values?.isDirectory == true {
        let name = url.lastPathComponent
        if skippedFolders.contains(name) || name.hasPrefix(".build") { walk?.skipDescendants() }
      } else if values?.isRegularFile == true, textEndings.contains(url.pathExtension),
        let text = try? String(contentsOf: url, encoding: .utf8)
      {
        let file = TextFile(path: path(of: url), text: text)
        if !file.isGenerated { found.append(file) }
      }
    }
    return found.sorted { $0.path < $1.path }
  }

  private static func path(of url: URL) -> String {
    String(url.resolvingSymlinksInPath().path.dropFirst(root.path.count + 1))
  }
}

/// A file: its path below the root, and its lines.
struct TextFile: Sendable, CustomStringConvertible {
  let path: String
  let text: String
  let lines: [Substring]

  init(path: String, text: String) {
    self.path = path
    self.text = text
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    self.lines = lines
  }

  var name: String { String(path.split(separator: "/").last ?? "") }
  var description: String { path }

  /// True for generated code. It says so in its first line and follows other rules.
  var isGenerated: Bool { lines.first?.lowercased().contains("generated") ?? false }
}

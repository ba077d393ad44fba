import Foundation

/// The directory that holds Package.swift.
package enum RepositoryRoot {
  /// Absolute, without symbolic links.
  package static let path = (0..<3).reduce(
    URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
  ) { url, _ in url.deletingLastPathComponent() }.path

  /// Returns the absolute path of a file that is named relative to the repository.
  package static func file(_ relative: String) -> String { path + "/" + relative }
}

import Foundation

/// A directory that goes when its owner does.
final class TemporaryDirectory: Sendable {
  let path = NSTemporaryDirectory() + "patron-service-\(UUID().uuidString)"

  /// Makes the directory, readable by its owner alone, with a copy of a file in it.
  func copy(_ file: String, as name: String) throws {
    try FileManager.default.createDirectory(
      atPath: path,
      withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700]
    )
    let copy = "\(path)/\(name)"
    try FileManager.default.copyItem(atPath: file, toPath: copy)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: copy)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

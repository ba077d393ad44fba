import Foundation

/// A directory that goes when its owner does.
final class TemporaryDirectory: Sendable {
  let path = NSTemporaryDirectory() + "patron-service-\(UUID().uuidString)"

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

import Foundation
import Glibc

/// The paths of the programs, and the environment that they get.
enum Installation {
  /// The folder of the built programs: PATRON_BIN_DIR, or that of the test bundle.
  static let programs: String = {
    if let given = variable("PATRON_BIN_DIR") { return given }
    let bundle =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return (bundle as NSString).deletingLastPathComponent
  }()

  static func program(_ name: String) throws -> String {
    let path = programs + "/" + name
    guard access(path, X_OK) == 0 else {
      throw HarnessError(
        "there is no program \(path): run `swift build`, or name its folder with PATRON_BIN_DIR"
      )
    }
    return path
  }

  static func variable(_ name: String) -> String? {
    guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else { return nil }
    return value
  }

  /// Returns the environment of programs under test: that of the test without variables that would
  /// configure them, plus `given`.
  static func environment(_ given: [String: String]) -> [String: String] {
    ProcessInfo.processInfo.environment
      .filter { !$0.key.hasPrefix("PATRON_") && $0.key != "NO_COLOR" && $0.key != "LD_PRELOAD" }
      .merging(given) { $1 }
  }
}

import Foundation
import PatronSettings

extension StartSettings {
  /// Reads the settings of this process.
  static func ofProcess() throws(SettingsError) -> StartSettings {
    try StartSettings(
      commandLine: Array(CommandLine.arguments.dropFirst()),
      environment: ProcessInfo.processInfo.environment
    )
  }
}

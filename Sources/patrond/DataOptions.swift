import ArgumentParser
import Foundation
import PatronStore

/// Where the data is.
struct DataOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Directory of the data; also PATRON_DATA.", valueName: "dir")
  )
  var data: String = Environment.value("PATRON_DATA") ?? "./patron-data"

  /// Throws where there is no database: opening a store makes what is missing, and an empty one
  /// would pass every check.
  func requireDatabase(for purpose: String) throws {
    guard FileManager.default.fileExists(atPath: data + "/patron.db") else {
      throw Failure(
        description: "there is no patron.db in the data directory \(data): nothing to \(purpose). "
          + "--data or PATRON_DATA names another directory"
      )
    }
  }
}

/// Reads the environment, where an empty variable is as good as none.
enum Environment {
  static func value(_ name: String) -> String? {
    guard let text = ProcessInfo.processInfo.environment[name], !text.isEmpty else { return nil }
    return text
  }
}

/// An error that ends the program with exit status 1.
struct Failure: Error, CustomStringConvertible {
  let description: String
}

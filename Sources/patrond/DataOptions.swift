import ArgumentParser
import Foundation
import PatronStore

/// The flag that names the data directory.
struct DataOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("The data directory; also PATRON_DATA.", valueName: "dir")
  )
  var data: String = Environment.value("PATRON_DATA") ?? "./patron-data"

  /// Checks that the directory has a database. Opening a store creates missing files, and an empty
  /// database would pass every check.
  func requireDatabase(for purpose: String) throws {
    guard FileManager.default.fileExists(atPath: data + "/patron.db") else {
      throw Failure(
        description: "there is no patron.db in the data directory \(data): nothing to \(purpose). "
          + "Name another directory with --data or PATRON_DATA"
      )
    }
  }
}

/// The environment. Empty variables count as missing.
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

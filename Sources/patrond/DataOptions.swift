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

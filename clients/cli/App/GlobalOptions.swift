import ArgumentParser
import PatronClient

/// How results are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  case table
  case json
  case ndjson
  case csv
}

/// What `--output` says: a form, or the file of an export. The options of every command are read
/// before it is known which command it is, so that it is checked later.
struct OutputArgument: ExpressibleByArgument, Sendable {
  let text: String

  init(argument: String) { text = argument }

  /// The form; an error for wrong usage where the text is none.
  func format() throws -> OutputFormat {
    guard let format = OutputFormat(rawValue: text) else {
      let names = OutputFormat.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError(
        "--output \(SafeText.line(String(text.prefix(64)))) is no output format; expected \(names)."
      )
    }
    return format
  }
}

/// The options that every command has.
struct GlobalOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The server. (default: $PATRON_ADDRESS, else 127.0.0.1:7420)",
      valueName: "host:port|unix:path"
    )
  )
  var address: String?

  @Option(
    help: ArgumentHelp("The store. (default: $PATRON_STORE, else `default`)", valueName: "id")
  )
  var store: String?

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp(
      "table for people; json: the response as proto3 JSON; ndjson: one listed message a line; "
        + "csv: lists and counts. Exports: the file.",
      valueName: "table|json|ndjson|csv|file"
    ),
    completion: .list(OutputFormat.allCases.map(\.rawValue))
  )
  var output: OutputArgument?

  @Option(
    help: ArgumentHelp(
      "Time for one call: `500ms`, `5s`, `2m`, or seconds. (default: 30s)",
      valueName: "time"
    ),
    transform: { try TimeoutText.duration($0) }
  )
  var timeout: Duration?

  @Flag(name: .shortAndLong, help: "Tell on standard error what is called and how long it takes.")
  var verbose = false

  /// The same options for a command that writes a file: `--output` is that, and the time is for all
  /// of it.
  var forFile: GlobalOptions {
    var options = self
    options.output = nil
    options.timeout = timeout ?? .seconds(86_400)
    return options
  }

  /// Refuses the name of a form as the file of an export; it would be the name of the file.
  func refuseFormAsFile(_ formats: String) throws {
    guard let text = output?.text, OutputFormat(rawValue: text) != nil else { return }
    throw ValidationError(
      "--output is the file of an export, and \(text) is the name of a form. Give the form by "
        + "--format, \(formats), or write --output ./\(text)."
    )
  }

  /// The address after the environment and the default.
  func resolvedAddress(_ environment: CLIEnvironment) -> String {
    address ?? environment.variables["PATRON_ADDRESS"].flatMap { $0.isEmpty ? nil : $0 }
      ?? "127.0.0.1:7420"
  }

  /// The store after the environment; empty is the default store.
  func resolvedStore(_ environment: CLIEnvironment) -> String {
    store ?? environment.variables["PATRON_STORE"] ?? ""
  }
}

/// Reads times such as `500ms`.
enum TimeoutText {
  static func duration(_ text: String) throws -> Duration {
    let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("", 1)]
    for (unit, factor) in units where text.hasSuffix(unit) {
      let number = text.dropLast(unit.count)
      let isPlain = number.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") }
      if isPlain, let value = Double(number), value > 0, value * factor <= 86_400 {
        return .milliseconds(Int64((value * factor * 1000).rounded(.up)))
      }
      break
    }
    throw ValidationError("Expected a time such as 500ms, 5s, 2m or 1.5 (seconds), at most 24h.")
  }
}

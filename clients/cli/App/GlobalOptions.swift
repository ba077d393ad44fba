import ArgumentParser
import ClientFlags
import PatronClient

/// The formats of printed results.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  case table
  case json
  case ndjson
  case csv
}

/// The value of `--output`: a format, or the file of an export. It is checked by the command,
/// because global options are parsed before the command is known.
struct OutputArgument: ExpressibleByArgument, Sendable {
  let text: String

  init(argument: String) { text = argument }

  /// Returns the format.
  ///
  /// - Throws: a usage error if the text is not the name of a format.
  func format() throws -> OutputFormat {
    guard let format = OutputFormat(rawValue: text) else {
      let names = OutputFormat.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError(
        "--output \(SafeText.line(String(text.prefix(64)))) is not an output format; expected "
          + "\(names)."
      )
    }
    return format
  }
}

/// The options that every command has.
struct GlobalOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The server: HOST:PORT, tls://HOST:PORT or unix:PATH. (default: $PATRON_ADDRESS, else "
        + "127.0.0.1:7420)",
      valueName: "address"
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
      "table: for people; json: the response as proto3 JSON; ndjson: one message per line; "
        + "csv: lists and counts. For exports: the file to write.",
      valueName: "table|json|ndjson|csv|file"
    ),
    completion: .list(OutputFormat.allCases.map(\.rawValue))
  )
  var output: OutputArgument?

  @Option(
    help: ArgumentHelp(
      "Timeout of one call: `500ms`, `5s`, `2m`, or seconds; at most 24h. (default: 30s)",
      valueName: "time"
    ),
    transform: { try TimeoutText.duration($0) }
  )
  var timeout: Duration?

  @Flag(name: .shortAndLong, help: "Report each call and its duration on standard error.")
  var verbose = false

  @OptionGroup(title: "TLS and key") var access: AccessFlags

  /// The same options for a command that writes a file: `--output` is the file, and the timeout
  /// covers the whole command (24 hours by default).
  var forFile: GlobalOptions {
    var options = self
    options.output = nil
    options.timeout = timeout ?? .seconds(86_400)
    return options
  }

  /// Refuses the name of a format as the file of an export, because the format was probably meant.
  func refuseFormAsFile(_ formats: String) throws {
    guard let text = output?.text, OutputFormat(rawValue: text) != nil else { return }
    throw ValidationError(
      "--output names the file of an export, and \(text) is a format. Set the format with "
        + "--format (\(formats)), or write --output ./\(text)."
    )
  }

  /// Returns the address: the flag, else PATRON_ADDRESS, else 127.0.0.1:7420.
  func resolvedAddress(_ environment: CLIEnvironment) -> String {
    address ?? environment.variables["PATRON_ADDRESS"].flatMap { $0.isEmpty ? nil : $0 }
      ?? "127.0.0.1:7420"
  }

  /// Returns the store: the flag, else PATRON_STORE; an empty string is the default store.
  func resolvedStore(_ environment: CLIEnvironment) -> String {
    store ?? environment.variables["PATRON_STORE"] ?? ""
  }
}

/// Parses timeouts such as `500ms`.
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

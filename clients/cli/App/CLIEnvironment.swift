import PatronClient

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The surroundings of a command: streams, terminal, environment variables and the connector. Tests
/// inject their own.
struct CLIEnvironment: Sendable {
  /// The variables that commands read; ``variableNames`` lists them.
  var variables: [String: String]
  /// Writes to standard output.
  var out: @Sendable (String) -> Void
  /// Writes to standard error.
  var err: @Sendable (String) -> Void
  /// The file descriptor of standard input.
  var input: Int32
  /// True if standard input is a terminal.
  var inputIsTerminal = false
  /// True if standard output is a terminal.
  var outputIsTerminal: Bool
  /// True if standard error is a terminal.
  var errorIsTerminal: Bool
  /// Width of text output in terminal columns; ``TextWidth/unlimited`` when nothing is cut.
  var columns: Int
  var connect: @Sendable (_ address: String, _ options: PatronClient.Options) throws -> PatronClient
  /// Returns when the user interrupts the command or the task is cancelled.
  var untilInterrupted: @Sendable () async -> Void = {
    while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
  }

  /// The environment of the command that is running.
  @TaskLocal static var current = process

  /// Writes data of a server to standard output: unchanged to a file or a pipe, without control
  /// characters to a terminal.
  func outData(_ text: String) { out(outputIsTerminal ? SafeText.lines(text) : text) }

  /// True if text on standard output is coloured.
  var outputHasColors: Bool { outputIsTerminal && allowsColors }
  /// True if text on standard error is coloured.
  var errorHasColors: Bool { errorIsTerminal && allowsColors }

  private var allowsColors: Bool {
    (variables["NO_COLOR"] ?? "").isEmpty && variables["TERM"] != "dumb"
  }

  /// The environment of this process.
  static let process = CLIEnvironment(
    variables: environmentVariables(),
    out: { write($0, to: STDOUT_FILENO) },
    err: { write($0, to: STDERR_FILENO) },
    input: STDIN_FILENO,
    inputIsTerminal: isatty(STDIN_FILENO) == 1,
    outputIsTerminal: isatty(STDOUT_FILENO) == 1,
    errorIsTerminal: isatty(STDERR_FILENO) == 1,
    columns: columns(of: STDOUT_FILENO),
    connect: { try PatronClient(address: $0, options: $1) },
    untilInterrupted: { await Interruption.wait() }
  )

  /// Writes all of `text`. If the reader of a pipe has gone away, the program exits with status 1
  /// and no message; any other failure is reported first.
  private static func write(_ text: String, to descriptor: Int32) {
    if DescriptorIO.write(Array(text.utf8), to: descriptor) { return }
    let code = errno
    if descriptor == STDOUT_FILENO && code != EPIPE {
      let reason = String(cString: strerror(code))
      write("error: cannot write to standard output: \(reason)\n", to: STDERR_FILENO)
    }
    exit(1)
  }

  /// Returns the text width for `output` in columns: that of a terminal, at least 60, or 100 if the
  /// terminal does not report it. Files and pipes are unlimited, because their readers need all of
  /// the text and a pager can scroll.
  static func columns(of output: Int32) -> Int {
    guard isatty(output) == 1 else { return TextWidth.unlimited }
    var size = winsize()
    guard ioctl(output, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
    return max(Int(size.ws_col), 60)
  }

  private static let variableNames =
    ["PATRON_ADDRESS", "PATRON_STORE", "NO_COLOR", "TERM"] + ClientAccess.variableNames

  private static func environmentVariables() -> [String: String] {
    var result = [String: String]()
    for name in variableNames {
      if let value = getenv(name) { result[name] = String(cString: value) }
    }
    return result
  }
}

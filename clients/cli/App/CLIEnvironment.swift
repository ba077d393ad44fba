import PatronClient

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What surrounds a command: streams, terminal, environment variables, and how it connects. Tests
/// put another one in its place.
struct CLIEnvironment: Sendable {
  /// The environment variables.
  var variables: [String: String]
  /// Writes to standard output.
  var out: @Sendable (String) -> Void
  /// Writes to standard error.
  var err: @Sendable (String) -> Void
  /// The file descriptor of standard input.
  var input: Int32
  /// Whether standard input is a terminal.
  var inputIsTerminal = false
  /// Whether standard output is a terminal.
  var outputIsTerminal: Bool
  /// Whether standard error is a terminal.
  var errorIsTerminal: Bool
  /// Columns that text may take; ``TextWidth/unlimited`` where nothing is cut.
  var columns: Int
  /// Makes the client for an address.
  var connect: @Sendable (_ address: String, _ options: PatronClient.Options) throws -> PatronClient
  /// Waits until the user wants the command to end, or the task is cancelled.
  var untilInterrupted: @Sendable () async -> Void = {
    while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
  }

  /// The environment of the command that is running.
  @TaskLocal static var current = process

  /// Writes data of a server to standard output: as it is into a file or a pipe, without what a
  /// terminal would take for commands on one.
  func outData(_ text: String) { out(outputIsTerminal ? SafeText.lines(text) : text) }

  /// Whether text for people on standard output has colours.
  var outputHasColors: Bool { outputIsTerminal && allowsColors }
  /// Whether text for people on standard error has colours.
  var errorHasColors: Bool { errorIsTerminal && allowsColors }

  private var allowsColors: Bool {
    (variables["NO_COLOR"] ?? "").isEmpty && variables["TERM"] != "dumb"
  }

  /// The real one.
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

  /// Writes all of `text`. A reader that has gone away ends the program quietly, another failure
  /// with a message.
  private static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { writeBytes(descriptor, $0) }
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if errno == EINTR {
        continue
      } else {
        let reason = String(cString: strerror(errno))
        if descriptor == STDOUT_FILENO && errno != EPIPE {
          write("error: cannot write to standard output: \(reason)\n", to: STDERR_FILENO)
        }
        exit(1)
      }
    }
  }

  /// Columns that text on `output` may take: those of a terminal, at least 60. Nothing is cut for a
  /// file or a pipe, whose reader looks for all of it, and a pager can scroll.
  static func columns(of output: Int32) -> Int {
    guard isatty(output) == 1 else { return TextWidth.unlimited }
    var size = winsize()
    guard ioctl(output, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
    return max(Int(size.ws_col), 60)
  }

  private static func environmentVariables() -> [String: String] {
    var result = [String: String]()
    for name in ["PATRON_ADDRESS", "PATRON_STORE", "NO_COLOR", "TERM"] {
      if let value = getenv(name) { result[name] = String(cString: value) }
    }
    return result
  }
}

private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress, bytes.count)
}

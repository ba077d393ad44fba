import ArgumentParser
import PatronServer

/// The flags of the log on standard error.
struct LogOptions: ParsableArguments {
  /// The values of `--log-format`.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case auto
    case text
    case json
  }

  @Option(help: .setting("log-format", saysDefault: false)) var logFormat = Format.auto
  @Option(help: .setting("log-level", saysDefault: false)) var logLevel = "info"
  @Option(help: .setting("slow-call-ms", saysDefault: false)) var slowCallMs = 250

  func validate() throws {
    _ = try levels()
    try Setting.check(slowCallMs, "slow-call-ms")
  }

  /// The log of a server.
  func makeLog() throws -> ServerLog { ServerLog(try levels(), format) }

  /// The time from which a call is slow; nil if none is.
  var slowCall: Duration? { slowCallMs == 0 ? nil : .milliseconds(slowCallMs) }

  private func levels() throws -> LogLevels {
    do throws(LogLevelError) {
      return try LogLevels(logLevel)
    } catch {
      throw ValidationError("--log-level: \(error).")
    }
  }

  private var format: LogFormat {
    switch logFormat {
    case .auto: StandardError.isTerminal ? .text : .json
    case .text: .text
    case .json: .json
    }
  }
}

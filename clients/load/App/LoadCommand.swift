import ArgumentParser
import ClientFlags

struct LoadCommand: ParsableCommand {
  /// The format of the report.
  enum Output: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
  }

  static let configuration = CommandConfiguration(
    commandName: "patron-load",
    abstract: "Load a Patron server with calls of one method and measure its answers.",
    usage: "patron-load [OPTIONS] SERVICE/METHOD --data JSON",
    discussion: LoadHelp.discussion,
    version: "0.1.0"
  )

  @Argument(
    help: ArgumentHelp(
      "The method: patron.v1.CustomerService/GetCustomer, or GetCustomer where only one method "
        + "has that name.",
      valueName: "method"
    )
  )
  var method: String

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The request as JSON with placeholders; @FILE reads a file, @ reads standard input.",
      valueName: "json|@file"
    )
  )
  var data = "{}"

  @Option(
    name: [.customShort("c"), .long],
    help: ArgumentHelp(
      "Callers, each with one call at a time (default: 50). With --rate: the maximum number "
        + "of calls in flight; requests due beyond it are dropped and counted (default: 10000).",
      valueName: "n"
    )
  )
  var concurrency: Int?

  @Option(
    help: ArgumentHelp(
      "Connections (default: one per caller, at most 64; with --rate: 16).",
      valueName: "n"
    )
  )
  var connections: Int?

  @Option(
    help: ArgumentHelp(
      "Calls in flight per connection: sets -c, or together with -c the number of connections.",
      valueName: "n"
    )
  )
  var inFlight: Int?

  @Option(
    name: [.customShort("n"), .long],
    help: ArgumentHelp("Number of measured requests, after which the run ends.", valueName: "n")
  )
  var total: Int?

  @Option(
    name: [.customShort("z"), .long],
    help: ArgumentHelp(
      "Time during which requests are sent, as in 10s, 500ms, 1m30s (default: 10s without -n). "
        + "With -n, the run ends with whichever comes first.",
      valueName: "time"
    )
  )
  var duration: DurationArgument?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Open loop: send requests at this rate, whether or not earlier ones were answered.",
      valueName: "per second"
    )
  )
  var rate: Double?

  @Option(
    help: ArgumentHelp(
      "Warm-up time before the measurement starts; 0 for none.",
      valueName: "time"
    )
  )
  var warmup = DurationArgument(.seconds(1))

  @Option(
    help: ArgumentHelp(
      "Extend the warm-up to the first N requests, however long they take.",
      valueName: "n"
    )
  )
  var skipFirst = 0

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The deadline of each call.", valueName: "time")
  )
  var timeout = DurationArgument(.seconds(20))

  @Option(help: ArgumentHelp("Number of event loops, each on its own thread.", valueName: "n"))
  var threads = 1

  @Option(
    help: ArgumentHelp(
      "Seed of random placeholders (default: a random seed, which is printed).",
      valueName: "number"
    )
  )
  var seed: UInt64?

  @Flag(
    help:
      "Count the distinct values of the first {{random}} placeholder in requests answered OK."
  )
  var countDistinct = false

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "HOST:PORT, tls://HOST:PORT or unix:PATH (default: PATRON_ADDRESS, or "
        + "\(LoadRequest.defaultAddress)).",
      valueName: "address"
    )
  )
  var address: String?

  @Flag(help: "Allow an address on another machine. Ask its owner first.")
  var allowRemote = false

  @Option(
    help: ArgumentHelp(
      "The store for requests that do not name one (default: PATRON_STORE).",
      valueName: "id"
    )
  )
  var store: String?

  @Option(
    name: [.customShort("O"), .long],
    help: "Format of the report on standard output: text or json."
  )
  var output = Output.text

  @Option(
    help: ArgumentHelp(
      "Also write the percentiles of the response time, in ms, as a table for HdrHistogram "
        + "plotters.",
      valueName: "file"
    )
  )
  var hdr: String?

  @OptionGroup(title: "TLS and key") var access: AccessFlags
}

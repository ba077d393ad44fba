import ArgumentParser

/// The command line.
struct LoadCommand: ParsableCommand {
  /// How the report is written.
  enum Output: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
  }

  static let configuration = CommandConfiguration(
    commandName: "patron-load",
    abstract: "Loads a Patron server with calls of one method and measures how it answers.",
    usage: "patron-load [OPTIONS] SERVICE/METHOD --data JSON",
    discussion: LoadHelp.discussion,
    version: "0.1.0"
  )

  @Argument(
    help: ArgumentHelp(
      "The method: patron.v1.CustomerService/GetCustomer, or GetCustomer where only one method "
        + "is called so.",
      valueName: "method"
    )
  )
  var method: String

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The request as JSON with placeholders; @FILE reads a file, @ standard input.",
      valueName: "json|@file"
    )
  )
  var data = "{}"

  @Option(
    name: [.customShort("c"), .long],
    help: ArgumentHelp(
      "Callers, each with one call at a time (default: 50). With --rate: the most calls in "
        + "flight; a request that is due beyond them is dropped and counted (default: 10000).",
      valueName: "n"
    )
  )
  var concurrency: Int?

  @Option(
    help: ArgumentHelp(
      "Connections (default: as many as callers, at most 64; with --rate 16).",
      valueName: "n"
    )
  )
  var connections: Int?

  @Option(
    help: ArgumentHelp(
      "Calls in flight on each connection: another way to give -c, or with -c the connections.",
      valueName: "n"
    )
  )
  var inFlight: Int?

  @Option(
    name: [.customShort("n"), .long],
    help: ArgumentHelp("Measured requests; the run ends after them.", valueName: "n")
  )
  var total: Int?

  @Option(
    name: [.customShort("z"), .long],
    help: ArgumentHelp(
      "Time in which requests are sent, as in 10s, 500ms, 1m30s (default: 10s without -n). "
        + "With -n, whichever ends first.",
      valueName: "time"
    )
  )
  var duration: DurationArgument?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Open loop: send so many requests a second, come what may.",
      valueName: "per second"
    )
  )
  var rate: Double?

  @Option(
    help: ArgumentHelp(
      "What happens before this is over is not measured; 0 for none.",
      valueName: "time"
    )
  )
  var warmup = DurationArgument(.seconds(1))

  @Option(
    help: ArgumentHelp(
      "The first N requests are not measured either, however long they take.",
      valueName: "n"
    )
  )
  var skipFirst = 0

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The deadline of each call.", valueName: "time")
  )
  var timeout = DurationArgument(.seconds(20))

  @Option(help: ArgumentHelp("Event loops, each on a thread of its own.", valueName: "n"))
  var threads = 1

  @Option(
    help: ArgumentHelp(
      "Makes random placeholders repeatable (default: a new one, which is printed).",
      valueName: "number"
    )
  )
  var seed: UInt64?

  @Flag(
    help:
      "Count the different values of the first {{random}} placeholder in requests answered OK."
  )
  var countDistinct = false

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "HOST:PORT or unix:PATH (default: PATRON_ADDRESS, else \(LoadRequest.defaultAddress)).",
      valueName: "address"
    )
  )
  var address: String?

  @Flag(help: "Allow an address that is not on this machine. Ask its owner first.")
  var allowRemote = false

  @Option(
    help: ArgumentHelp(
      "The store, for requests that do not name one (default: PATRON_STORE).",
      valueName: "id"
    )
  )
  var store: String?

  @Option(name: [.customShort("O"), .long], help: "text or json, on standard output.")
  var output = Output.text

  @Option(
    help: ArgumentHelp(
      "Also write the percentiles of the response time, in ms, as the table that HdrHistogram "
        + "plotters read.",
      valueName: "file"
    )
  )
  var hdr: String?
}

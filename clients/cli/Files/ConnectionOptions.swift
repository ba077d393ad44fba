import ArgumentParser

/// The global options of commands that write files: there `-o` is the file and not the form.
struct ConnectionOptions: ParsableArguments {
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
    help: ArgumentHelp("Time for all of it: `5m`, `1h`. (default: 24h)", valueName: "time"),
    transform: { try TimeoutText.duration($0) }
  )
  var timeout: Duration?

  @Flag(name: .shortAndLong, help: "Tell on standard error what is called and how long it takes.")
  var verbose = false

  /// The options as sessions take them.
  var global: GlobalOptions {
    var global = GlobalOptions()
    global.address = address
    global.store = store
    global.output = nil
    global.timeout = timeout ?? .seconds(86_400)
    global.verbose = verbose
    return global
  }
}

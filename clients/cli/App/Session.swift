import ArgumentParser
import PatronClient

import struct PatronModel.ReplyWords
import struct PatronModel.ZoneRules

/// One run of a command against a server: the client, and where and how to print.
struct Session: Sendable {
  let client: PatronClient
  let environment: CLIEnvironment
  let format: OutputFormat
  /// The store of requests; empty is the default store.
  let storeID: String
  /// Options of every call.
  let call: CallOptions
  let address: String
  let isVerbose: Bool
  /// What reads times.
  let times: Times

  /// Colours and symbols of text for people on standard output.
  var style: Style { Style(colors: environment.outputHasColors) }

  /// Runs `body` with a session and closes the client.
  static func run(
    _ global: GlobalOptions,
    formats: [OutputFormat] = [.table, .json, .ndjson],
    default fallback: OutputFormat = .table,
    zone: ZoneArgument? = nil,
    _ body: (Session) async throws -> Void
  ) async throws {
    let environment = CLIEnvironment.current
    let format = try global.output?.format() ?? fallback
    guard formats.contains(format) else {
      let names = formats.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--output \(format.rawValue) is not possible here; expected \(names).")
    }
    var options = PatronClient.Options()
    if let timeout = global.timeout {
      options.connectTimeout = min(timeout, options.connectTimeout)
    }
    let address = global.resolvedAddress(environment)
    let client: PatronClient
    do {
      client = try environment.connect(address, options)
    } catch let error as RPCError where error.code == .invalidArgument {
      throw LocalError.usage(error.message)
    }
    let session = Session(
      client: client,
      environment: environment,
      format: format,
      storeID: global.resolvedStore(environment),
      call: CallOptions(timeout: global.timeout),
      address: address,
      isVerbose: global.verbose,
      times: Times(zone: zone?.rules)
    )
    do {
      try await body(session)
      await client.close()
    } catch {
      await client.close()
      throw error
    }
  }

  // MARK: printing

  /// Prints to standard output.
  func print(_ text: String) { environment.out(text.hasSuffix("\n") ? text : text + "\n") }

  /// Prints rows of CSV: as they are into a file, made safe on a terminal.
  func printCSV(_ text: String) { environment.outData(text) }

  /// Prints that a list goes on.
  func remarkMore(_ token: String) {
    remark("there are more: --page-token \(SafeText.line(token)), or --all")
  }

  /// Prints a remark to standard error.
  func remark(_ text: String) { environment.err(text + "\n") }

  /// Prints a response: as JSON where that was asked for, else as the text that `table` makes.
  func print<Response: Message>(_ response: Response, table: () -> String) throws {
    switch format {
    case .json: print(try json(response, pretty: true))
    case .ndjson: print(try json(response, pretty: false))
    case .table, .csv: print(table())
    }
  }

  /// A message as proto3 JSON.
  func json<Response: Message>(_ message: Response, pretty: Bool) throws -> String {
    SafeText.json(try message.json(JSONWriteOptions(pretty: pretty, resolve: Session.resolve)))
  }

  /// The types that an `Any` may hold.
  static let resolve: @Sendable (String) -> MessageDescriptor? = {
    MessageTypes.descriptor(named: $0)
  }

  // MARK: times

  /// Reads what holds times; again where one of them turns out to be of the store's zone, or to be
  /// told by the store's words.
  func reading<Value>(_ body: (Times) throws -> Value) async throws -> Value {
    let value = try body(times)
    return try await learnZone() ? try body(times) : value
  }

  /// Asks for the store's zone, and its own words, where a time was read that needs them. True
  /// where that was so: what was read has to be read again.
  func learnZone() async throws -> Bool {
    guard times.isStoreMissed else { return false }
    let request = GetStoreSettingsRequest.with { $0.storeID = storeID }
    let response = try await timed(CustomerService.getStoreSettings.method) {
      try await client.customers.getStoreSettings(request, options: call)
    }
    times.learn(
      ReplyWords(
        optOut: response.settings?.optOutWords?.values ?? [],
        optIn: response.settings?.optInWords?.values ?? []
      )
    )
    guard times.lacksZone else { return true }
    let name = response.settings?.timeZone ?? ""
    times.learn(name.isEmpty ? .utc : try ZoneArgument(name).rules)
    return true
  }

  // MARK: calls

  /// Makes a call and, with `--verbose`, tells what it was and how long it took.
  func timed<Response: Sendable>(
    _ method: Method,
    _ body: () async throws -> Response
  ) async throws -> Response {
    guard isVerbose else { return try await body() }
    let begun = ContinuousClock.now
    do {
      let response = try await body()
      remark("\(method) on \(address): OK in \(Self.milliseconds(since: begun))")
      return response
    } catch {
      remark("\(method) on \(address): failed after \(Self.milliseconds(since: begun))")
      throw error
    }
  }

  /// `0.6 ms`.
  private static func milliseconds(since begun: ContinuousClock.Instant) -> String {
    let tenths = ((ContinuousClock.now - begun) / Duration.microseconds(100)).rounded()
    return "\(ValueText.count(Int(tenths) / 10)).\(Int(tenths) % 10) ms"
  }
}

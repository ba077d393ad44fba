import ArgumentParser
import PatronClient

import struct PatronModel.ReplyWords
import struct PatronModel.ZoneRules

/// One run of a command against a server: the client, and the environment and format of its output.
struct Session: Sendable {
  let client: PatronClient
  let environment: CLIEnvironment
  let format: OutputFormat
  /// The store of requests; an empty string is the default store.
  let storeID: String
  let call: CallOptions
  let address: String
  let isVerbose: Bool
  /// The parser of times, shared by all arguments of the command.
  let times: Times

  /// The colours and symbols for standard output.
  var style: Style { Style(colors: environment.outputHasColors) }

  /// Runs `body` with a session, and closes the client when it returns or throws.
  ///
  /// - Throws: a usage error if `--output` is not one of `formats` or the address is malformed, and
  ///   a local error if a file of TLS or of the key cannot be read.
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
      throw ValidationError("--output \(format.rawValue) is not supported here; expected \(names).")
    }
    var options = PatronClient.Options()
    if let timeout = global.timeout {
      options.connectTimeout = min(timeout, options.connectTimeout)
    }
    let access = try global.access.resolve(global.resolvedAddress(environment), environment)
    access.apply(to: &options)
    let address = access.target.description
    let client: PatronClient
    do {
      client = try environment.connect(address, options)
    } catch let error as RPCError {
      throw LocalError(access: error)
    }
    for warning in access.warnings {
      environment.err(
        "\(Style(colors: environment.errorHasColors).yellow("warning:")) \(warning)\n"
      )
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

  // MARK: reaching the server

  /// Returns when the server has answered, whatever it said.
  ///
  /// - Throws: UNAVAILABLE if nobody answers.
  func reach() async throws(RPCError) {
    do throws(RPCError) {
      _ = try await client.health.check(.with { _ in }, options: call)
    } catch {
      if error.code == .unavailable { throw error }
    }
  }

  // MARK: printing

  /// Prints text to standard output and ends it with a line break.
  func print(_ text: String) { environment.out(text.hasSuffix("\n") ? text : text + "\n") }

  /// Prints CSV rows: unchanged to a file or a pipe, without control characters to a terminal.
  func printCSV(_ text: String) { environment.outData(text) }

  /// Prints a remark that the list continues, with the token of the next page.
  func remarkMore(_ token: String) {
    remark("there are more: --page-token \(SafeText.line(token)), or --all")
  }

  /// Prints a remark to standard error.
  func remark(_ text: String) { environment.err(text + "\n") }

  /// Prints a response as JSON, or as the text that `table` returns for the other formats.
  func print<Response: Message>(_ response: Response, table: () -> String) throws {
    switch format {
    case .json: print(try json(response, pretty: true))
    case .ndjson: print(try json(response, pretty: false))
    case .table, .csv: print(table())
    }
  }

  /// Prints the entries of a page in formats that list entries one by one. Returns the entries that
  /// the other formats print together, with ``printList(_:empty:next:table:)``.
  func printEach<Entry: Message>(_ entries: [Entry], csv: (Entry) -> String) throws -> [Entry] {
    switch format {
    case .ndjson: for entry in entries { print(try json(entry, pretty: false)) }
    case .csv: for entry in entries { printCSV(csv(entry)) }
    case .json, .table: return entries
    }
    return []
  }

  /// Prints a collected list as JSON or as a table, and remarks the token of the next page.
  ///
  /// - Parameter empty: the remark in place of an empty table; nil if the list has entries.
  func printList<Response: Message>(
    _ response: Response,
    empty: String?,
    next token: String,
    table: () -> String
  ) throws {
    switch format {
    case .json: return print(try json(response, pretty: true))
    case .table: if let empty { remark(empty) } else { print(table()) }
    case .ndjson, .csv: break
    }
    if !token.isEmpty { remarkMore(token) }
  }

  /// Returns a message as proto3 JSON, safe for a terminal.
  func json<Response: Message>(_ message: Response, pretty: Bool) throws -> String {
    SafeText.json(try message.json(JSONWriteOptions(pretty: pretty, resolve: Session.resolve)))
  }

  /// Resolves the types that an `Any` may hold.
  static let resolve: @Sendable (String) -> MessageDescriptor? = {
    MessageTypes.descriptor(named: $0)
  }

  // MARK: times

  /// Reads input that contains times. If one of them needs the store's zone or words, fetches them
  /// and reads the input again.
  func reading<Value>(_ body: (Times) throws -> Value) async throws -> Value {
    let value = try body(times)
    return try await learnZone() ? try body(times) : value
  }

  /// Fetches the store's zone and opt-out words if a time was read that needs them. Returns true if
  /// it did; the input must then be read again.
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

  /// Makes a call and, with `--verbose`, reports its method and duration.
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

  /// Formats the time since `begun`, as in `0.6 ms`.
  private static func milliseconds(since begun: ContinuousClock.Instant) -> String {
    let tenths = ((ContinuousClock.now - begun) / Duration.microseconds(100)).rounded()
    return "\(ValueText.count(Int(tenths) / 10)).\(Int(tenths) % 10) ms"
  }
}

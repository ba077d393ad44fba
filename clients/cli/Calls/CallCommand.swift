import ArgumentParser
import PatronClient
import ProtoWire

/// The command `patron call`, which calls any method of the contract.
struct CallCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "call",
    abstract: "Call any method with a JSON request.",
    discussion: """
      METHOD is SERVICE/METHOD, or an unambiguous end of that. The request is one JSON message, \
      given as an argument or with --data, from a file with @FILE, or from standard input with \
      `-`; without it, an empty message is sent. Methods that take a stream of requests are sent \
      all JSON messages of the input in order. Responses are printed in order: indented, or one \
      per line with --output ndjson. Times are accepted in every form that options accept.

      EXAMPLES
        patron call GetCustomer '{"customer": {"externalId": "42"}}'
        patron call patron.v1.TimelineService/GetTimeline -d @request.json
        echo '{"pageSize": 3}' | patron call ListCustomers - --output ndjson
      """
  )

  @Argument(
    help: ArgumentHelp("SERVICE/METHOD, or an unambiguous end of it.", valueName: "method"),
    completion: .list(Contract.services.flatMap(\.methods).map(\.method.description))
  )
  var method: String

  @Argument(help: ArgumentHelp("The request: JSON, @FILE or `-`.", valueName: "json"))
  var argument: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The request: JSON, @FILE or `-`.", valueName: "json")
  )
  var data: String?

  @Option(
    name: [.customShort("H"), .long],
    help: ArgumentHelp("Metadata to send. Repeatable.", valueName: "key: value"),
    transform: { try Header($0) }
  )
  var header: [Header] = []

  @Flag(help: "Also print fields that have their default value.")
  var emitDefaults = false

  @Flag(help: "Ignore unknown fields of the request instead of refusing them.")
  var allowUnknownFields = false

  @OptionGroup(title: "Times") var times: TimeFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  /// One metadata entry, given as `key: value`.
  struct Header: Sendable {
    let key: String
    let value: String

    init(_ text: String) throws {
      guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else {
        throw ValidationError("Expected `key: value`.")
      }
      key = String(text[..<colon])
      value = String(text[text.index(after: colon)...].drop { $0 == " " })
    }
  }

  func validate() throws {
    guard argument == nil || data == nil else {
      throw ValidationError("Give the request once: as an argument or with --data.")
    }
    guard !header.contains(where: { $0.key.lowercased() == "authorization" }) else {
      throw ValidationError(
        "Give the key with --key-file or PATRON_KEY: other users can read a command line."
      )
    }
  }

  func run() async throws {
    let found = try ContractNames.method(method)
    guard let requestType = MessageTypes.descriptor(named: found.requestType),
      let responseType = MessageTypes.descriptor(named: found.responseType)
    else { throw LocalError("the messages of \(found.method) are missing from this program") }
    let text = try (argument ?? data).map { try DataArgument.bytes($0) } ?? []
    try await Session.run(
      global,
      formats: [.json, .ndjson],
      default: .json,
      zone: times.timezone
    ) { session in
      let requests = try await session.reading { times in
        try self.requests(text, requestType, found.method, session.storeID, times)
      }
      let print = { (bytes: [UInt8]) in
        let options = JSONWriteOptions(
          pretty: session.format == .json,
          writesDefaults: emitDefaults,
          resolve: Session.resolve
        )
        do throws(JSONError) {
          let json = try responseType.writeJSON(packed: bytes, options: options)
          session.print(SafeText.json(String(decoding: json, as: UTF8.self)))
        } catch {
          throw LocalError("the response cannot be shown as JSON: \(error)")
        }
      }
      try await session.timed(found.method) {
        try await call(found.method, requests, session, print)
      }
    }
  }

  /// Returns the encoded requests. Methods without a request stream get exactly one.
  private func requests(
    _ text: [UInt8],
    _ type: MessageDescriptor,
    _ method: Method,
    _ storeID: String,
    _ times: Times
  ) throws -> [[UInt8]] {
    var requests = [[UInt8]]()
    let json = TimedJSON(times: times, ignoresUnknownFields: allowUnknownFields)
    // A single message is parsed in place, so that errors report its line and column in the whole
    // text.
    let values = Array(JSONValueSequence(text))
    for value in values {
      do throws(JSONError) {
        let slice = values.count == 1 ? text : Array(try value.get())
        let packed = try json.pack(type, slice)
        requests.append(Self.inStore(storeID, packed, type))
      } catch {
        let place = values.count > 1 ? "request \(requests.count + 1), " : "request, "
        throw LocalError.usage("\(place)\(error)")
      }
    }
    let takesStream = method.kind == .clientStreaming || method.kind == .bidirectionalStreaming
    if takesStream { return requests }
    guard requests.count <= 1 else {
      throw LocalError.usage("\(method) takes one request; \(requests.count) were given")
    }
    return requests.isEmpty ? [Self.inStore(storeID, [], type)] : requests
  }

  /// Prepends the store. A `store_id` in the request itself comes later and wins.
  private static func inStore(_ store: String, _ request: [UInt8], _ type: MessageDescriptor)
    -> [UInt8]
  {
    guard !store.isEmpty, let field = type.field(named: "store_id"), field.type == .string else {
      return request
    }
    var result = [UInt8]()
    result.appendField(Int(field.number), text: store)
    return result + request
  }

  private func call(
    _ method: Method,
    _ requests: [[UInt8]],
    _ session: Session,
    _ print: ([UInt8]) throws -> Void
  ) async throws {
    var options = session.call
    for pair in header { options.metadata.append(pair.key, pair.value) }
    let channel = session.client.channel
    if method.kind == .unary {
      try print(try await channel.unary(method, requests[0], options))
      return
    }
    let sendsMany = method.kind != .serverStreaming
    let stream = try await channel.stream(method, sendsMany ? nil : requests[0], options)
    try await withThrowingTaskGroup(of: Void.self) { group in
      if sendsMany {
        group.addTask {
          for request in requests { try await stream.send(request) }
          try await stream.finishSending()
        }
      }
      do {
        while let response = try await stream.next() { try print(response) }
        try await group.waitForAll()
      } catch {
        stream.cancel()
        throw error
      }
    }
  }
}

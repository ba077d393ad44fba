import ClientFlags
import PatronClient
import PatronProto
import TTRPC
import TTRPCNIO

/// A checked command line, with defaults filled in.
struct LoadRequest: Sendable {
  let settings: LoadSettings
  let template: RequestTemplate
  let description: RequestDescription
  /// Dangers of the settings, each a sentence for people.
  let warnings: [String]

  static let defaultAddress = "127.0.0.1:7420"
  static let maxThreads = 64
  static let maxConnections = 10_000
  static let maxCallers = 1_000_000

  /// Checks a command line. `environment` returns a variable, or nil.
  init(_ command: LoadCommand, environment: (String) -> String?) throws(LoadError) {
    let method = try MethodName.find(command.method)
    let access = try Self.access(command, environment)
    warnings = access.warnings
    var settings = LoadSettings(
      target: access.target,
      method: method.method,
      callers: 0,
      connections: 0
    )
    settings.client = try Self.client(access)
    settings.rate = try Self.rate(command.rate)
    (settings.callers, settings.connections) = try Self.shape(command)
    try Self.fillLimits(&settings, command)
    let store = command.store ?? environment("PATRON_STORE")
    description = RequestDescription(
      json: try Self.json(command.data),
      store: store,
      seed: command.seed ?? UInt64.random(in: 0..<1 << 53)
    )
    guard let message = MessageTypes.descriptor(named: method.requestType) else {
      throw .local("\(method.requestType) is missing from this program")
    }
    do throws(TemplateError) {
      template = try RequestTemplate(
        json: description.json,
        message: message,
        store: store,
        seed: description.seed
      )
    } catch {
      throw .usage("--data: \(error)")
    }
    if command.countDistinct { try Self.checkDistinct(template) }
    settings.countsDistinct = command.countDistinct
    self.settings = settings
  }

  private static func access(
    _ command: LoadCommand,
    _ environment: (String) -> String?
  ) throws(LoadError) -> ClientAccess {
    let text = command.address ?? environment("PATRON_ADDRESS") ?? defaultAddress
    let access: ClientAccess
    do throws(RPCError) {
      access = try ClientAccess(address: text, command.access.flags, environment: environment)
    } catch {
      throw LoadError(access: error)
    }
    if !command.allowRemote, !access.target.isLocal {
      throw .usage(
        "\(access.target) is on another machine, and a load can bring its server down. "
          + "If you may load it, add --allow-remote"
      )
    }
    return access
  }

  /// Returns the settings of all connections.
  private static func client(_ access: ClientAccess) throws(LoadError) -> ClientConfiguration {
    var options = PatronClient.Options()
    access.apply(to: &options)
    do throws(RPCError) {
      return try options.configuration(for: access.target)
    } catch {
      throw LoadError(access: error)
    }
  }

  private static func rate(_ rate: Double?) throws(LoadError) -> RatePlan? {
    guard let rate else { return nil }
    guard let plan = RatePlan(perSecond: rate) else {
      throw .usage(
        "--rate is \(rate); expected 0.001 to \(Int(RatePlan.maxPerSecond)) requests a second"
      )
    }
    return plan
  }

  /// Returns the number of callers and of connections.
  private static func shape(_ command: LoadCommand) throws(LoadError) -> (Int, Int) {
    try check("-c", command.concurrency, 1...maxCallers)
    try check("--connections", command.connections, 1...maxConnections)
    try check("--in-flight", command.inFlight, 1...maxCallers)
    var callers = command.concurrency
    var connections = command.connections
    if let each = command.inFlight {
      if let wanted = callers, let given = connections {
        guard wanted == each * given else {
          throw .usage(
            "-c \(wanted) is not --connections \(given) times --in-flight \(each). Leave one of "
              + "them out"
          )
        }
      } else if let wanted = callers {
        connections = min((wanted + each - 1) / each, maxConnections)
      } else {
        callers = each * (connections ?? 1)
        connections = connections ?? 1
      }
    }
    let isOpen = command.rate != nil
    let count = callers ?? (isOpen ? 10_000 : max(50, connections ?? 0))
    let sockets = connections ?? min(count, isOpen ? 16 : 64)
    try check("-c", count, 1...maxCallers)
    guard sockets <= count else {
      throw .usage(
        "--connections \(sockets) is more than -c \(count); expected at most one connection per "
          + "caller"
      )
    }
    return (count, sockets)
  }

  private static func fillLimits(
    _ settings: inout LoadSettings,
    _ command: LoadCommand
  ) throws(LoadError) {
    try check("-n", command.total, 1...1_000_000_000_000)
    try check("--skip-first", command.skipFirst, 0...1_000_000_000_000)
    try check("--threads", command.threads, 1...maxThreads)
    guard command.threads <= settings.connections else {
      throw .usage(
        "--threads \(command.threads) is more than the number of connections; expected at most "
          + "\(settings.connections)"
      )
    }
    for (name, value) in [("--duration", command.duration), ("--timeout", command.timeout)] {
      if let value, value.duration <= .zero { throw .usage("\(name) must be greater than 0") }
    }
    settings.threads = command.threads
    settings.total = command.total.map { UInt64($0) }
    settings.duration = command.duration?.duration ?? (command.total == nil ? .seconds(10) : nil)
    settings.warmup = command.warmup.duration
    settings.skipFirst = UInt64(command.skipFirst)
    settings.timeout = command.timeout.duration
    if let plan = settings.rate, OpenLoop.counts(plan, settings).measured == 0 {
      throw .usage("no request is due in --duration. Give a higher --rate or a longer --duration")
    }
  }

  private static func check(_ name: String, _ value: Int?, _ range: ClosedRange<Int>)
    throws(LoadError)
  {
    guard let value, !range.contains(value) else { return }
    throw .usage("\(name) is \(value); expected \(range.lowerBound) to \(range.upperBound)")
  }

  private static func json(_ data: String) throws(LoadError) -> String {
    data.hasPrefix("@") ? try TextFile.read(String(data.dropFirst())) : data
  }

  private static func checkDistinct(_ template: RequestTemplate) throws(LoadError) {
    guard let random = template.firstRandom else {
      throw .usage("--count-distinct requires a {{random MIN MAX}} placeholder in --data")
    }
    guard DistinctValues.size(of: random.range) != nil else {
      throw .usage(
        "--count-distinct: the range of {{random}} is too large; expected at most "
          + "\(DistinctValues.maxValues) numbers"
      )
    }
  }
}

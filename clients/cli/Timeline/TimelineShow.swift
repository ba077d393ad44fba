import ArgumentParser
import PatronClient

/// Shows the timeline of one customer.
struct TimelineShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show the timeline of one customer.",
    discussion: """
      First who it is about: orders, reviews, loyalty, SMS and e-mail status, the latest orders. \
      Then the events by day, newest first. Times are UTC.

      EXAMPLES
        patron timeline show --external-id 42
        patron timeline show --external-id 42 --source ecommerce --since 2024-01-01
        patron timeline show --external-id 42 --product sms --query 'spring sale'
        patron timeline show --id 1 --all --output ndjson
      """
  )

  @OptionGroup(title: "Customer") var customer: CustomerSelector

  @OptionGroup(title: "Which events") var which: EventFilterFlags

  @Option(help: ArgumentHelp("How many events, 1 or more.", valueName: "count"))
  var limit = 50

  @Flag(help: "All of them.")
  var all = false

  @Option(help: ArgumentHelp("Go on where another call ended.", valueName: "token"))
  var pageToken: String?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit is \(limit); expected 1 or more.") }
  }

  func run() async throws {
    try await Session.run(global, zone: which.times.timezone) { session in
      let filter = try await session.reading { try which.filter($0) }
      var request = GetTimelineRequest.with {
        $0.storeID = session.storeID
        $0.customer = customer.reference
        $0.filter = filter
        $0.pageToken = pageToken ?? ""
      }
      var printer = TimelinePrinter(session)
      var rest = all ? Int.max : limit
      repeat {
        request.pageSize = Int32(min(rest, 100))
        let page = try await session.timed(TimelineService.getTimeline.method) {
          try await session.client.timeline.getTimeline(request, options: session.call)
        }
        try printer.add(page)
        rest -= page.events.count
        request.pageToken = page.nextPageToken
      } while rest > 0 && !request.pageToken.isEmpty
      try printer.finish()
    }
  }
}

/// Prints pages of a timeline as they come, where the form allows that.
private struct TimelinePrinter {
  private let session: Session
  private var text: TimelineText
  private var collected = GetTimelineResponse()
  private var count = 0

  init(_ session: Session) {
    self.session = session
    text = TimelineText(width: session.environment.columns, style: session.style)
  }

  mutating func add(_ page: GetTimelineResponse) throws {
    if let header = page.header, collected.header == nil {
      collected.header = header
      if session.format == .table { session.print(text.header(header)) }
    }
    count += page.events.count
    collected.nextPageToken = page.nextPageToken
    switch session.format {
    case .ndjson:
      for event in page.events { session.print(try session.json(event, pretty: false)) }
    case .table:
      if !page.events.isEmpty { session.environment.out(text.events(page.events)) }
    case .json, .csv:
      collected.events += page.events
    }
  }

  func finish() throws {
    if session.format == .json {
      session.print(try session.json(collected, pretty: true))
      return
    }
    if session.format == .table {
      session.environment.out(count == 0 ? "\nno events\n" : "\n" + text.legend)
    }
    if !collected.nextPageToken.isEmpty {
      session.remarkMore(collected.nextPageToken)
    }
  }
}

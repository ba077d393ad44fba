import ArgumentParser
import PatronClient

struct TimelineShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show the timeline of one customer.",
    discussion: """
      Shows a card of the customer (orders, reviews, loyalty, SMS and e-mail status, latest \
      orders), then the events by day, newest first. Times are UTC.

      EXAMPLES
        patron timeline show --external-id 42
        patron timeline show --external-id 42 --source ecommerce --since 2024-01-01
        patron timeline show --external-id 42 --product sms --query 'spring sale'
        patron timeline show --id 1 --all --output ndjson
      """
  )

  @OptionGroup(title: "Customer") var customer: CustomerSelector

  @OptionGroup(title: "Events") var which: EventFilterFlags

  @OptionGroup var pages: PageFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global, zone: which.times.timezone) { session in
      let filter = try await session.reading { try which.filter($0) }
      var request = GetTimelineRequest.with {
        $0.storeID = session.storeID
        $0.customer = customer.reference
        $0.filter = filter
      }
      var printer = TimelinePrinter(session)
      try await pages.forEachPage { token, size in
        request.pageToken = token
        request.pageSize = size
        let page = try await session.timed(TimelineService.getTimeline.method) {
          try await session.client.timeline.getTimeline(request, options: session.call)
        }
        try printer.add(page)
        return (page.events.count, page.nextPageToken)
      }
      try printer.finish()
    }
  }
}

/// The output of a timeline. Pages are printed as they arrive if the format allows it.
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

import ArgumentParser
import PatronClient

/// The flags that select events of a timeline.
struct EventFilterFlags: ParsableArguments {
  @OptionGroup var kinds: EventKindFlags

  @Option(
    name: [.long, .customLong("from")],
    help: TimeArgument.help("Only events at or after this time"),
    transform: { try TimeArgument($0) }
  )
  var since: TimeArgument?

  @Option(
    name: [.long, .customLong("before")],
    help: TimeArgument.help("Only events before the beginning of this time"),
    transform: { try TimeArgument($0) }
  )
  var until: TimeArgument?

  @OptionGroup var times: TimeFlags

  /// Returns the filter, or nil if no flag was given.
  func filter(_ times: Times) throws -> EventFilter? {
    var filter = kinds.filter
    filter.occurredFrom = try times.timestamp(since)
    filter.occurredBefore = try times.timestamp(until)
    return filter == EventFilter() ? nil : filter
  }
}

/// The flags that select events regardless of their time. Repetitions of one flag mean OR,
/// different flags mean AND.
struct EventKindFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only events of this source: \(EnumArgument.names(EventSource.self)). Repeatable.",
      valueName: "source"
    ),
    completion: EnumArgument.list(EventSource.self),
    transform: { try EnumArgument.parse($0, as: EventSource.self) }
  )
  var source: [EventSource] = []

  @Option(
    help: ArgumentHelp("Only events of this type: order_placed. Repeatable.", valueName: "type")
  )
  var type: [String] = []

  @Option(
    help: ArgumentHelp(
      "Only events reported by this application: helpdesk. Repeatable.",
      valueName: "name"
    )
  )
  var sourceName: [String] = []

  @Option(
    help: ArgumentHelp(
      "Only events of this product around Patron: sms, reviews. Repeatable.",
      valueName: "product"
    )
  )
  var product: [String] = []

  @Option(
    help: ArgumentHelp(
      "Only events of this channel: \(EnumArgument.names(ContactChannel.self)). Repeatable.",
      valueName: "channel"
    ),
    completion: EnumArgument.list(ContactChannel.self),
    transform: { try EnumArgument.parse($0, as: ContactChannel.self) }
  )
  var channel: [ContactChannel] = []

  @Option(help: ArgumentHelp("Only events of this campaign.", valueName: "id"))
  var campaignId: String?

  @Option(
    help: ArgumentHelp("Only events about the order with this id in the shop.", valueName: "id")
  )
  var orderId: String?

  @Option(
    help: ArgumentHelp(
      "Only events whose title, type or properties contain this text, ignoring case.",
      valueName: "text"
    )
  )
  var query: String?

  /// The filter; empty if no flag was given.
  var filter: EventFilter {
    .with {
      $0.sources = source
      $0.types = type
      $0.sourceNames = sourceName
      $0.products = product
      $0.channels = channel
      $0.campaignID = campaignId ?? ""
      $0.orderExternalID = orderId ?? ""
      $0.query = query ?? ""
    }
  }
}

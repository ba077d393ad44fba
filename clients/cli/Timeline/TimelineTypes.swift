import ArgumentParser
import PatronClient

import struct PatronModel.ZoneRules

/// The command `patron timeline types`, which lists or registers event types.
struct TimelineTypes: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "types",
    abstract: "List event types, or register a third-party type.",
    discussion: """
      Types of the shop's platform and of the products around Patron are fixed. Third-party types \
      are free, and --register gives a type a label and fields. `*` marks fields that events of \
      the type must have. Fields of third-party types are documentation and are not checked.

      EXAMPLES
        patron timeline types --source product
        patron timeline types --type order_placed
        patron timeline types --register '{"sourceName": "quiz_app",
          "type": "badge_won", "label": "Badge won",
          "fields": [{"name": "badge", "type": "string"}]}'
      """
  )

  @Option(
    help: ArgumentHelp(
      "Only types of this source: \(EnumArgument.names(EventSource.self)).",
      valueName: "source"
    ),
    completion: EnumArgument.list(EventSource.self),
    transform: { try EnumArgument.parse($0, as: EventSource.self) }
  )
  var source: EventSource?

  @Option(help: ArgumentHelp("Only this type, with its fields.", valueName: "type"))
  var type: String?

  @Option(
    help: ArgumentHelp(
      "Register a type: JSON of a patron.v1.EventType, @FILE, or - for standard input.",
      valueName: "json"
    )
  )
  var register: String?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard register == nil || source == nil && type == nil else {
      throw ValidationError("--register excludes --source and --type.")
    }
  }

  func run() async throws {
    if let register {
      try await self.register(
        try DataArgument.message(
          EventType.self,
          try DataArgument.bytes(register),
          Times(zone: .utc),
          flag: "--register"
        )
      )
    } else {
      try await list()
    }
  }

  private func register(_ type: EventType) async throws {
    try await Session.run(global) { session in
      let request = RegisterEventTypeRequest.with {
        $0.storeID = session.storeID
        $0.type = type
      }
      let response = try await session.timed(TimelineService.registerEventType.method) {
        try await session.client.timeline.registerEventType(request, options: session.call)
      }
      try session.print(response) {
        let type = response.type ?? EventType()
        return CustomerText.outcome(response.outcome, session.style)
          + "  \(SafeText.line(type.sourceName))/\(SafeText.line(type.type))"
          + "  \(SafeText.line(type.label))\n"
      }
    }
  }

  private func list() async throws {
    try await Session.run(global) { session in
      let request = ListEventTypesRequest.with {
        $0.storeID = session.storeID
        $0.source = source ?? .unspecified
      }
      var response = try await session.timed(TimelineService.listEventTypes.method) {
        try await session.client.timeline.listEventTypes(request, options: session.call)
      }
      if let type { response.types.removeAll { $0.type != type } }
      if session.format == .ndjson {
        for type in response.types { session.print(try session.json(type, pretty: false)) }
        return
      }
      let found = response
      try session.print(found) {
        if found.types.isEmpty { return "no types\n" }
        let width = session.environment.columns
        guard type == nil else {
          return found.types.map { Self.card($0, width, session.style) }.joined(separator: "\n")
        }
        return Self.table(found.types, width, session.style)
      }
    }
  }

  private static func table(_ types: [EventType], _ width: Int, _ style: Style) -> String {
    var table = TextTable([
      .init(title: "SOURCE"), .init(title: "FROM", least: 8), .init(title: "TYPE", least: 12),
      .init(title: "LABEL", least: 10), .init(title: "FIELDS", least: 10),
    ])
    for type in types {
      table.add([
        ValueText.enumeration(type.source), type.product.isEmpty ? type.sourceName : type.product,
        type.type, type.label,
        type.fields.map { $0.name + (isRequired($0, type) ? "*" : "") }.joined(separator: ", "),
      ])
    }
    return table.text(width: width, style: style)
  }

  /// Returns true if events without the field are rejected; third-party events never are.
  private static func isRequired(_ field: EventField, _ type: EventType) -> Bool {
    field.required && type.source != .thirdParty
  }

  private static func card(_ type: EventType, _ width: Int, _ style: Style) -> String {
    var lines: [(label: String, value: String)] = [
      ("type", type.type), ("label", type.label), ("source", ValueText.enumeration(type.source)),
      ("application", type.sourceName), ("product", type.product),
      ("description", type.description), ("enriches", type.enriches.joined(separator: ", ")),
    ]
    lines += type.fields.map { field in
      let marks = [
        field.type, isRequired(field, type) ? "required" : "",
        field.personal ? "personal data" : "",
      ]
      return ("field \(field.name)", marks.filter { !$0.isEmpty }.joined(separator: ", "))
    }
    return CustomerText.card(lines, width: width, style: style)
  }
}

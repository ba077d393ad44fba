internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtoWire
internal import ProtobufC

/// A filter of the events of a timeline. Values of one field mean OR, fields mean AND.
package struct TimelineFilter {
  /// The longest lists and texts of a filter.
  package enum Limit {
    package static let values = 50
    package static let text = 255
  }

  private var sources: Set<Int32>
  private var types: [[UInt8]]
  private var sourceNames: [[UInt8]]
  private var products: Set<String>
  private var channels: Set<Int32>
  private var campaignID: String
  private var orderExternalID: String
  private var needle: TextNeedle?
  /// The earliest instant that matches, microseconds since 1970.
  package var from: Int64
  /// The instant before which all matches lie, microseconds since 1970; nil for no such bound.
  package var before: Int64?

  /// Checks a filter.
  ///
  /// - Throws: INVALID_ARGUMENT with the parts that do not fit.
  package init(_ filter: EventFilter) throws {
    var violations = Violations()
    sources = Self.numbers(
      filter.sources.map(\.rawValue),
      "sources",
      PatronProto.EventSource.thirdParty.rawValue,
      &violations
    )
    types = Self.names(filter.types, "types", &violations)
    Self.check(filter.types, of: filter.sources, &violations)
    sourceNames = Self.names(filter.sourceNames, "source_names", &violations)
    channels = Self.numbers(
      filter.channels.map(\.rawValue),
      "channels",
      ContactChannel.email.rawValue,
      &violations
    )
    products = Set(filter.products)
    Self.limit(filter.products.count, "products", &violations)
    for (index, product) in filter.products.enumerated()
    where EventProduct(rawValue: product) == nil {
      violations.add("filter.products[\(index)]", Self.unknownProduct(product))
    }
    campaignID = Self.text(filter.campaignID, "campaign_id", &violations)
    orderExternalID = Self.text(filter.orderExternalID, "order_external_id", &violations)
    needle = TextNeedle(Self.text(filter.query, "query", &violations))
    from = Self.time(filter.occurredFrom, "occurred_from", &violations) ?? .min
    before = Self.time(filter.occurredBefore, "occurred_before", &violations)
    if let before, before < from {
      violations.add(
        "filter.occurred_before",
        RuleError(
          reason: "TIME_RANGE_REVERSED",
          message: "occurred_before is earlier than occurred_from, so no event can fit. Exchange "
            + "the two."
        )
      )
    }
    try violations.finish()
  }

  /// Returns true if an event matches. Times are bounded by the query itself. The event is decoded
  /// only where neither its columns nor its texts decide.
  package func matches(
    _ entry: borrowing StoreReader.TimelineEntry,
    _ titles: EventTitles
  ) throws -> Bool {
    guard sources.isEmpty || sources.contains(entry.source) else { return false }
    guard Self.isIn(types, entry.type), Self.isIn(sourceNames, entry.sourceName) else {
      return false
    }
    if let needle {
      let isFound = try needle.occurs(inStored: entry.body) { try titles.label(of: entry) }
      guard isFound else { return false }
    }
    return try needsEvent ? matchesBody(Event(stored: entry.body)) : true
  }

  /// Returns true when a deleted event may have matched: no column or part that its tombstone has
  /// contradicts the filter.
  package func mayHaveMatched(_ event: Event) -> Bool {
    (sources.isEmpty || sources.contains(event.source.rawValue))
      && (types.isEmpty || types.contains(Array(event.type.utf8)))
      && (sourceNames.isEmpty || sourceNames.contains(Array(event.sourceName.utf8)))
      && (products.isEmpty || products.contains(event.product))
      && (channels.isEmpty || channels.contains(event.channel.rawValue))
  }

  /// True if a field is compared that no column has.
  private var needsEvent: Bool {
    !products.isEmpty || !channels.isEmpty || !campaignID.isEmpty || !orderExternalID.isEmpty
  }

  private func matchesBody(_ event: Event) -> Bool {
    guard products.isEmpty || products.contains(event.product) else { return false }
    guard channels.isEmpty || channels.contains(event.channel.rawValue) else { return false }
    let references = event.references
    guard campaignID.isEmpty || references?.campaignID == campaignID else { return false }
    return orderExternalID.isEmpty || references?.orderExternalID == orderExternalID
  }

  private static func isIn(_ names: [[UInt8]], _ name: RawSpan) -> Bool {
    names.isEmpty || names.contains { $0.span.bytes.hasSameBytes(as: name) }
  }
}

extension EventFilter {
  /// True if the columns of an event cannot tell that it matches: its body is read.
  package var readsBodies: Bool {
    !products.isEmpty || !channels.isEmpty || !campaignID.isEmpty || !orderExternalID.isEmpty
      || !query.isEmpty
  }
}

// MARK: - Pages

extension TimelineFilter {
  /// Binds a page token to the filter.
  package func add(to fingerprint: inout Fingerprint) {
    func add(_ numbers: Set<Int32>) {
      fingerprint.add(Int64(numbers.count))
      for number in numbers.sorted() { fingerprint.add(Int64(number)) }
    }
    func add(_ texts: [String]) {
      fingerprint.add(Int64(texts.count))
      for text in texts { fingerprint.add(text) }
    }
    add(sources)
    add(types.map { String(decoding: $0, as: UTF8.self) })
    fingerprint.add(from)
    fingerprint.add(before ?? .max)
    add(sourceNames.map { String(decoding: $0, as: UTF8.self) })
    add(products.sorted())
    add(channels)
    add([campaignID, orderExternalID, needle?.text ?? ""])
  }
}

// MARK: - Checks

extension TimelineFilter {
  private static func numbers(
    _ given: [Int32],
    _ field: String,
    _ greatest: Int32,
    _ violations: inout Violations
  ) -> Set<Int32> {
    limit(given.count, field, &violations)
    for (index, number) in given.enumerated() {
      violations.checkKnown("filter.\(field)[\(index)]", number == 0 ? -1 : number, greatest)
    }
    return Set(given)
  }

  private static func names(
    _ given: [String],
    _ field: String,
    _ violations: inout Violations
  ) -> [[UInt8]] {
    limit(given.count, field, &violations)
    return Set(given).sorted().map { Array($0.utf8) }
  }

  private static func limit(_ count: Int, _ field: String, _ violations: inout Violations) {
    guard count > Limit.values else { return }
    violations.add(
      "filter.\(field)",
      RuleError(
        reason: "LIST_TOO_LONG",
        message: "The filter has \(count) \(field); at most \(Limit.values) are allowed."
      )
    )
  }

  /// Refuses types that no event can have. Types of third parties are free but for their form. When
  /// only other sources match, one of them must know the type.
  private static func check(
    _ types: [String],
    of sources: [PatronProto.EventSource],
    _ violations: inout Violations
  ) {
    let asked = sources.compactMap { PatronModel.EventSource(rawValue: Int($0.rawValue)) }
    let source = asked.contains(.thirdParty) ? .thirdParty : asked.first ?? .thirdParty
    for (index, type) in types.prefix(Limit.values).enumerated()
    where !asked.contains(where: { EventCatalogue.type(type, of: $0) != nil }) {
      _ = violations.check("filter.types[\(index)]") { () throws(RuleError) in
        try EventRules.checkType(type, of: source)
      }
    }
  }

  private static func text(
    _ given: String,
    _ field: String,
    _ violations: inout Violations
  ) -> String {
    let text = violations.check("filter.\(field)") { () throws(RuleError) in
      try ShortText.parse(given, limit: Limit.text)
    }
    return text ?? ""
  }

  private static func time(
    _ given: GoogleProtobuf.Timestamp?,
    _ field: String,
    _ violations: inout Violations
  ) -> Int64? {
    guard let given else { return nil }
    return violations.check("filter.\(field)") { () throws(RuleError) in
      try PatronModel.Timestamp(seconds: given.seconds, nanos: given.nanos).microseconds
    }
  }

  private static func unknownProduct(_ name: String) -> RuleError {
    let known = EventProduct.allCases.map(\.rawValue).joined(separator: ", ")
    return RuleError(
      reason: "PRODUCT_UNKNOWN",
      message: "There is no such product. Expected is one of \(known).",
      given: Redaction.cut(name)
    )
  }
}

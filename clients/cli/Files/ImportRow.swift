import ArgumentParser
import PatronClient
import PatronModel

/// The conversion of a CSV row to an item of an import. Empty cells are ignored.
struct ImportRow {
  private var item = ImportItem()
  private var customer = CustomerInput()
  private var address = Address()
  private var hasAddress = false
  /// The subscriptions, read with the first and with the last instants of their times.
  private var consents: [Place: (first: PatronProto.Subscription, last: PatronProto.Subscription)] =
    [:]
  private let times: Times
  private var suppressions: [PatronModel.Channel: [SuppressionColumn: [String]]] = [:]
  private var suppressed: Set<PatronModel.Channel> = []
  private var locale: String?
  /// The columns with malformed cells.
  private var malformed: Set<CustomerColumn> = []
  private var mistakes: [String] = []
  /// Warnings about secondary values that were dropped.
  private var dropped: [Warning] = []
  private let dropsInvalid: Bool
  private var hasTagComma = false

  private init(times: Times, dropsInvalid: Bool) {
    self.times = times
    self.dropsInvalid = dropsInvalid
  }

  private struct Place: Hashable {
    var channel: PatronModel.Channel
    var topic: PatronModel.Topic
  }

  /// Returns the item of a row, and appends remarks about it to `warnings`. With `dropsInvalid`,
  /// malformed secondary cells are dropped, as the server drops secondary values that break a rule.
  ///
  /// - Throws: an error that lists all mistakes with their columns.
  static func item(
    _ header: ImportHeader,
    _ cells: [String],
    _ times: Times,
    dropsInvalid: Bool,
    _ warnings: inout [Warning]
  ) throws(LocalError) -> ImportItem {
    var row = ImportRow(times: times, dropsInvalid: dropsInvalid)
    for (index, column) in header.columns.enumerated() {
      guard let column, Self.says(cells[index], column) else { continue }
      row.take(column, cells[index], header.names[index])
    }
    if let layout = header.layout { row.take(layout, header, cells) }
    let item = row.finished(header.addressParts)
    guard row.mistakes.isEmpty else {
      throw LocalError(row.mistakes.joined(separator: "; "))
    }
    warnings += row.dropped
    if row.hasTagComma {
      warnings.append(
        .with {
          $0.reason = "TAG_COMMA"
          $0.field = "customer.tags"
          $0.message =
            "A comma inside a tag was replaced with a space, because commas separate tags."
        }
      )
    }
    return item
  }

  /// Returns false for an empty cell. White space counts as a value only in text properties.
  private static func says(_ cell: String, _ column: CustomerColumn) -> Bool {
    if case .property(_, .string) = column { return !cell.isEmpty }
    return cell.contains { !$0.isWhitespace }
  }

  private mutating func take(_ column: CustomerColumn, _ cell: String, _ name: String) {
    do {
      try set(column, cell)
    } catch {
      if dropsInvalid, let field = Self.secondary(column) {
        return dropped.append(
          .with {
            $0.reason = "FIELD_DROPPED"
            $0.field = field
            $0.message = "The value was left out. \(Self.reason(error))"
            $0.rule = "VALUE_MALFORMED"
            $0.given = String(cell.prefix(32))
          }
        )
      }
      mistakes.append("\(name): \(Self.reason(error))")
      malformed.insert(column)
    }
  }

  /// Returns the field path of a secondary value, which does not justify rejecting the row; nil for
  /// other values.
  private static func secondary(_ column: CustomerColumn) -> String? {
    switch column {
    case .field(.tags): "customer.tags"
    case .field(let field):
      CustomerProperty.of(field)?.isSecondary == true ? "customer.\(field.rawValue)" : nil
    case .property(let name, _): "customer.custom_properties.\(name)"
    default: nil
    }
  }

  /// Takes the values that a layout reads itself. Columns that the user mapped take precedence.
  private mutating func take(_ layout: ImportLayout, _ header: ImportHeader, _ cells: [String]) {
    do {
      let special = ImportCells(places: header.special, cells: cells)
      for (column, cell) in try layout.values(special) where !header.columns.contains(column) {
        take(column, cell, column.name)
      }
      for (column, word) in layout.unknownWords(special) where !header.columns.contains(column) {
        dropped.append(
          .with {
            $0.reason = "SUPPRESSION_UNKNOWN"
            $0.field = column.name
            $0.message = "The word is unknown; the address is suppressed with the reason manual."
            $0.given = String(word.prefix(32))
          }
        )
      }
    } catch {
      mistakes.append(Self.reason(error))
    }
  }

  static func reason(_ error: any Error) -> String {
    switch error {
    case let error as ValidationError: error.message
    case let error as LocalError: error.description
    default: "the value is malformed"
    }
  }

  private mutating func set(_ column: CustomerColumn, _ cell: String) throws {
    switch column {
    case .field(let field): try set(field, cell)
    case .consent(let channel, let topic, let part):
      let place = Place(channel: channel, topic: topic)
      let empty = PatronProto.Subscription.with {
        $0.channel = .init(rawValue: Int32(channel.rawValue))
        $0.topic = .init(rawValue: Int32(topic.rawValue))
      }
      var consent = consents[place] ?? (empty, empty)
      try set(part, cell, in: &consent.first, .first)
      try set(part, cell, in: &consent.last, .last)
      consents[place] = consent
    case .suppression(let channel, .isSuppressed):
      if try BoolArgument.parse(cell) { suppressed.insert(channel) }
    case .suppression(let channel, let part):
      suppressions[channel, default: [:]][part] = CellList.split(cell)
    case .property(let name, let type):
      guard customer.customProperties[name] == nil else {
        throw LocalError("another column also has a value for this property; expected one")
      }
      customer.customProperties[name] = try CellValue.property(cell, type, times)
    case .canReceive: break
    }
  }

  private mutating func set(_ field: CustomerField, _ cell: String) throws {
    switch field {
    case .locale: locale = cell
    case .tags:
      let (tags, lostComma) = try CellValue.tags(cell)
      if !tags.isEmpty { customer.tags = tags.joined(separator: ", ") }
      hasTagComma = hasTagComma || lostComma
    default:
      guard let property = CustomerProperty.of(field) else { return setAddress(field, cell) }
      try property.parse(cell, &customer, times)
    }
  }

  private mutating func setAddress(_ field: CustomerField, _ cell: String) {
    guard let part = field.addressPart, let path = AddressFields.parts[part] else { return }
    address[keyPath: path] = cell
    hasAddress = true
  }

  private func set(
    _ part: ConsentColumn,
    _ cell: String,
    in consent: inout PatronProto.Subscription,
    _ end: TimeEnd
  ) throws {
    switch part {
    case .state: consent.state = try Self.state(cell)
    case .changedAt: consent.changedAt = try CellValue.time(cell, times, end)
    case .source: consent.source = cell
    case .subscribedAt: consent.subscribedAt = try CellValue.time(cell, times, end)
    case .unsubscribedAt: consent.unsubscribedAt = try CellValue.time(cell, times, end)
    case .optInLevel: consent.optInLevel = try Self.word(cell)
    case .changedBy: consent.changedBy = try Self.word(cell)
    case .expiresAt: consent.expiresAt = try CellValue.time(cell, times, end)
    }
  }

  /// Parses a state of consent. Opt-outs may be in other programs' words; agreements are never
  /// guessed.
  private static func state(_ cell: String) throws -> PatronProto.ConsentState {
    if SuppressionWord.reason(cell) == "unsubscribed" { return .unsubscribed }
    return try word(cell)
  }

  /// Parses an enum value. Errors spell the values as exports do.
  private static func word<Value: CaseIterable & CustomStringConvertible>(
    _ cell: String
  ) throws -> Value {
    try EnumArgument.parse(cell, as: Value.self, joiner: "_")
  }

  private mutating func finished(_ addressParts: GoogleProtobuf.FieldMask?) -> ImportItem {
    if let locale, Self.saysMore(locale, than: customer.defaultLanguage) {
      customer.defaultLanguage = locale
    }
    if hasAddress {
      customer.address = address
      customer.addressMask = addressParts
    }
    item.customer = customer
    for channel in PatronModel.Channel.allCases {
      for topic in PatronModel.Topic.allCases {
        guard let read = consents[Place(channel: channel, topic: topic)] else { continue }
        let consent = CautiousTimes.consent(read.first, read.last)
        let column = CustomerColumn.consent(channel, topic, .state)
        if consent.state == .unspecified, !malformed.contains(column) {
          mistakes.append(
            "\(column.name): the state is missing, but other cells describe its consent"
          )
        }
        item.subscriptions.append(consent)
      }
      var lists = suppressions[channel] ?? [:]
      // A time of suppression implies that the address is suppressed.
      let isSuppressed = suppressed.contains(channel) || lists[.suppressedAt] != nil
      if isSuppressed, lists[.reasons] == nil { lists[.reasons] = ["manual"] }
      do throws(LocalError) {
        item.suppressions += try suppressions(channel, lists)
      } catch {
        mistakes.append(error.description)
      }
    }
    return item
  }

  /// Returns true if the locale belongs to the row's language, and thus adds a region. If the
  /// language of an export was edited, its locale is outdated.
  static func saysMore(_ locale: String, than language: String?) -> Bool {
    guard let language else { return true }
    guard let given = try? LanguageCode(language), given.locale == nil else { return false }
    return (try? LanguageCode(locale))?.code == given.code
  }

  /// Parses the reason of a suppression, in Patron's words or those of other programs.
  static func suppressionReason(_ cell: String) throws -> PatronProto.SuppressionReason {
    try word(SuppressionWord.reason(cell) ?? cell)
  }

  private func suppressions(
    _ channel: PatronModel.Channel,
    _ lists: [SuppressionColumn: [String]]
  ) throws(LocalError) -> [PatronProto.Suppression] {
    let reasons = lists[.reasons] ?? []
    func part(_ column: SuppressionColumn, _ index: Int) -> String {
      let list = lists[column] ?? []
      return index < list.count ? list[index] : ""
    }
    var result: [PatronProto.Suppression] = []
    for (index, reason) in reasons.enumerated() {
      var column = SuppressionColumn.reasons
      do {
        var suppression = PatronProto.Suppression()
        suppression.channel = .init(rawValue: Int32(channel.rawValue))
        suppression.reason = try Self.suppressionReason(reason)
        column = .suppressedAt
        let since = part(.suppressedAt, index)
        if !since.isEmpty { suppression.suppressedAt = try CellValue.time(since, times, .last) }
        suppression.source = part(.sources, index)
        suppression.note = part(.notes, index)
        result.append(suppression)
      } catch {
        let name = CustomerColumn.suppression(channel, column).name
        throw LocalError("\(name): \(Self.reason(error))")
      }
    }
    return result
  }
}

/// Parsers of cells.
enum CellValue {
  /// Parses tags in the formats of ``TagCell`` and of database arrays, `{vip,gold}`.
  static func tags(_ text: String) throws(LocalError) -> (tags: [String], lostComma: Bool) {
    let cell = text.trimmingSpace()
    guard cell.hasPrefix("{") || cell.hasPrefix("[") else { return TagCell.split(text) }
    let plain = cell.filter { !$0.isWhitespace }
    if plain.hasPrefix("{") || plain.hasPrefix("[{"),
      plain.contains("\":") || plain.contains("':")
    {
      throw LocalError("The tags are objects; expected their names, as in `vip, gold`.")
    }
    // Exports write a space after each comma, so a tag may begin with a brace.
    guard cell.hasPrefix("{"), cell.hasSuffix("}"), cell.contains(","), !cell.contains(", ") else {
      return TagCell.split(text)
    }
    return TagCell.split(String(cell.dropFirst().dropLast()))
  }

  /// Parses a time to the nanosecond. Digits after the microseconds are added to the result of
  /// ``Times``.
  static func time(
    _ text: String,
    _ times: Times,
    _ end: TimeEnd = .first
  ) throws -> GoogleProtobuf.Timestamp {
    let text = text.trimmingSpace()
    let argument = try TimeArgument(text)
    var time = try times.timestamp(of: argument, end)
    guard argument.time.precision == .time,
      let point = text.lastIndex(where: { $0 == "." || $0 == "," })
    else { return time }
    let digits = text[text.index(after: point)...].prefix { $0.isASCII && $0.isNumber }
    let rest = digits.dropFirst(6)
    if let number = Int32(rest), rest.count <= 3 {
      time.nanos += rest.count == 1 ? number * 100 : rest.count == 2 ? number * 10 : number
    }
    return time
  }

  /// Parses a property of this type.
  static func property(
    _ text: String,
    _ type: PropertyType,
    _ times: Times
  ) throws -> PatronProto.PropertyValue {
    if type == .timestamp {
      let time = try time(text, times)
      return .with { $0.kind = .timestampValue(time) }
    }
    return try PropertyArgument("x:\(type.rawValue)=\(text)").value(times)
  }
}

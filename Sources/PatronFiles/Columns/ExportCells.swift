internal import PatronCore
package import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtoWire
internal import ProtobufC

/// A writer of the cells of one export. Property columns are found by name, so that a row with few
/// properties is cheap even among many columns.
package struct ExportCells {
  private let columns: [CustomerColumn]
  private let cells: [Cell]

  /// A column that owns no memory, so that copies of it are free.
  private enum Cell {
    /// A field of the record, by its number: a string, an instant, a day or a flag.
    case text(Int)
    case time(Int)
    case date(Int)
    case flag(Int)
    case tags
    /// A part of the address, by its number in `patron.v1.Address`.
    case addressPart(Int)
    case computed(CustomerField)
    case consent(PatronModel.Channel, PatronModel.Topic, ConsentColumn)
    case suppression(PatronModel.Channel, SuppressionColumn)
    case canReceive(PatronModel.Channel)
    /// A property, by its index in ``ExportCells/properties``.
    case property(Int)
  }

  private struct Property {
    let name: [UInt8]
    let type: PropertyType
  }

  private let properties: [Property]

  package init(_ columns: [CustomerColumn]) {
    self.columns = columns
    var properties: [Property] = []
    cells = columns.map { column in
      switch column {
      case .field(let field): return Self.cell(of: field)
      case .consent(let channel, let topic, let part): return .consent(channel, topic, part)
      case .suppression(let channel, let part): return .suppression(channel, part)
      case .canReceive(let channel): return .canReceive(channel)
      case .property(let name, let type):
        properties.append(Property(name: Array(name.utf8), type: type))
        return .property(properties.count - 1)
      }
    }
    self.properties = properties
  }

  /// Writes the row of column names.
  package func writeHeader(to csv: inout CSVWriter) throws {
    for column in columns { try csv.cell(column.name) }
    csv.endRow()
  }

  /// Writes the row of a customer.
  package func write(_ customer: inout ExportedCustomer, to csv: inout CSVWriter) throws {
    for cell in cells {
      switch cell {
      case .text(let field): try csv.cell(customer.text(field))
      case .time(let field): csv.time(try customer.time(field))
      case .date(let field): try csv.cell(customer.date(field))
      case .flag(let field): csv.flag(customer.number(field))
      case .tags: try writeTags(customer.text(Customer.Field.tags), to: &csv)
      case .addressPart(let part): try csv.cell(customer.addressPart(part))
      case .computed(let field): try write(field, of: customer, to: &csv)
      case .consent(let channel, let topic, let part):
        try write(part, of: customer.consent(channel, topic), in: customer.message, to: &csv)
      case .canReceive(let channel):
        csv.plain(try customer.canReceive(channel) ? "true" : "false")
      case .suppression(let channel, let part):
        try write(part, of: try customer.suppressions(channel), to: &csv)
      case .property(let place): try write(properties[place], of: customer, to: &csv)
      }
    }
    csv.endRow()
  }

  private func write(
    _ wanted: Property,
    of customer: borrowing ExportedCustomer,
    to csv: inout CSVWriter
  ) throws {
    let bytes = customer.message
    for property in customer.properties
    where property.name.count == wanted.name.count && property.type == wanted.type
      && bytes.extracting(property.name).hasSameBytes(as: wanted.name.span.bytes)
    {
      return try property.write(in: bytes, to: &csv)
    }
    csv.empty()
  }

  private func write(
    _ part: ConsentColumn,
    of consent: ExportedConsent?,
    in bytes: RawSpan,
    to csv: inout CSVWriter
  ) throws {
    guard let consent else {
      return part == .state ? csv.plain("never_subscribed") : csv.empty()
    }
    switch part {
    case .state: csv.plain(ConsentWords.state(consent.state))
    case .changedAt: csv.time(consent.changedAt)
    case .source: try csv.cell(bytes.extracting(consent.source))
    case .subscribedAt: csv.time(consent.subscribedAt)
    case .unsubscribedAt: csv.time(consent.unsubscribedAt)
    case .optInLevel: csv.plain(ConsentWords.optInLevel(consent.optInLevel))
    case .changedBy: csv.plain(ConsentWords.actor(consent.changedBy))
    case .expiresAt: csv.time(consent.expiresAt)
    }
  }

  private func write(
    _ part: SuppressionColumn,
    of suppressions: [SuppressionRow],
    to csv: inout CSVWriter
  ) throws {
    if part == .isSuppressed { return csv.plain(suppressions.isEmpty ? "false" : "true") }
    guard !suppressions.isEmpty else { return csv.empty() }
    let items = suppressions.map { suppression in
      switch part {
      case .isSuppressed: ""
      case .reasons: ConsentWords.reason(Int32(truncatingIfNeeded: suppression.reason))
      case .suppressedAt:
        (try? PatronModel.Timestamp(microseconds: suppression.suppressedAt))?.rfc3339 ?? ""
      case .sources: suppression.source
      case .notes: suppression.note
      }
    }
    try csv.cell(CellList.joined(items))
  }
}

// MARK: - Fields

extension ExportCells {
  /// Returns the cell of a column. Fields of the record are found by name in the contract, which
  /// has their type too.
  private static func cell(of column: CustomerField) -> Cell {
    if column == .tags { return .tags }
    if let part = column.addressPart, let field = Address.descriptor.field(named: part) {
      return .addressPart(Int(field.number))
    }
    guard let field = Customer.descriptor.field(named: column.rawValue) else {
      return .computed(column)
    }
    let number = Int(field.number)
    switch (field.type, field.message?.name) {
    case (.string, _): return .text(number)
    case (.bool, _): return .flag(number)
    case (.message, GoogleProtobuf.Timestamp.protoName): return .time(number)
    case (.message, CalendarDate.protoName): return .date(number)
    default: return .computed(column)
    }
  }

  private func write(
    _ field: CustomerField,
    of customer: borrowing ExportedCustomer,
    to csv: inout CSVWriter
  ) throws {
    let orders = customer.orders
    switch field {
    case .id: try csv.integer(customer.number(Customer.Field.id))
    case .orderCount: try csv.integer(orders.count)
    case .totalSpent: try csv.amount(orders.spent, orders.currency)
    case .refundedTotal: try csv.amount(orders.refunded, orders.currency)
    case .netSpent: try csv.amount(orders.net, orders.currency)
    case .currency: try csv.cell(orders.currency)
    case .averageOrderValue: try csv.amount(orders.average, orders.currency)
    case .firstOrderAt: csv.time(orders.firstAt)
    case .lastOrderAt: csv.time(orders.lastAt)
    case .totalReviews:
      try csv.integer(
        try customer.number(ReviewSummary.Field.totalReviews, in: Customer.Field.reviews) ?? 0
      )
    case .averageRating:
      let rating = try customer.double(
        ReviewSummary.Field.averageProductRating,
        in: Customer.Field.reviews
      )
      guard let rating else { return csv.empty() }
      try csv.cell("\(rating)")
    case .loyaltyMember:
      csv.flag(
        try customer.number(LoyaltySummary.Field.member, in: Customer.Field.loyalty) ?? 0
      )
    case .pointsBalance:
      guard customer.has(Customer.Field.loyalty) else { return csv.empty() }
      try csv.integer(
        try customer.number(LoyaltySummary.Field.pointsBalance, in: Customer.Field.loyalty) ?? 0
      )
    case .tier:
      try csv.cell(customer.text(LoyaltySummary.Field.tier, in: Customer.Field.loyalty))
    case .origin: csv.plain(ConsentWords.origin(customer.number(Customer.Field.origin)))
    default: csv.empty()
    }
  }

  /// Writes tags. They are stored with commas between them; the cell has a space after each comma,
  /// which is easier to read in a spreadsheet.
  private func writeTags(_ tags: RawSpan?, to csv: inout CSVWriter) throws {
    guard let tags else { return csv.empty() }
    var hasComma = false
    for offset in 0..<tags.byteCount {
      if TagCell.isSpecial(Unicode.Scalar(tags[offset])) { return try writeList(tags, to: &csv) }
      if tags[offset] == UInt8(ascii: ",") { hasComma = true }
    }
    guard hasComma else { return try csv.cell(tags) }
    var spaced: [UInt8] = []
    spaced.reserveCapacity(tags.byteCount + 16)
    for offset in 0..<tags.byteCount {
      spaced.append(tags[offset])
      if tags[offset] == UInt8(ascii: ",") { spaced.append(UInt8(ascii: " ")) }
    }
    try csv.cell(spaced.span.bytes)
  }

  private func writeList(_ tags: RawSpan, to csv: inout CSVWriter) throws {
    let list = String(utf8: tags).split(separator: ",").map(String.init)
    try csv.cell(TagCell.joined(list))
  }
}

extension CSVWriter {
  fileprivate mutating func cell(_ text: RawSpan?) throws(RuleError) {
    if let text { try cell(text) } else { empty() }
  }

  fileprivate mutating func cell(_ text: String?) throws(RuleError) {
    if let text { try cell(text) } else { empty() }
  }

  fileprivate mutating func time(_ microseconds: Int64?) {
    if let microseconds { time(microseconds) } else { empty() }
  }

  fileprivate mutating func flag(_ flag: UInt64?) {
    if let flag { plain(flag != 0 ? "true" : "false") } else { empty() }
  }

  fileprivate mutating func integer(_ number: Int64?) throws(RuleError) {
    if let number { try integer(number) } else { empty() }
  }

  /// Writes a number of the type int64 as it stands on the wire.
  fileprivate mutating func integer(_ bits: UInt64?) throws(RuleError) {
    try integer(bits.map(Int64.init(bitPattern:)))
  }

  /// Writes an amount as a decimal of its currency; an empty cell if there is no currency.
  fileprivate mutating func amount(
    _ minorUnits: Int64,
    _ currency: String?
  ) throws(RuleError) {
    guard let currency else { return empty() }
    let code = CurrencyCode(stored: currency)
    try cell(PatronModel.Money(minorUnits: minorUnits, currency: code).decimal)
  }
}

internal import PatronCore
package import PatronModel
internal import PatronStore

/// Writes the cells of one export. Property columns are found by name, so that a row with few
/// properties among many columns costs little.
package struct ExportCells {
  private let columns: [CustomerColumn]
  private let cells: [Cell]

  /// A column that owns no memory, so that a row copies none.
  private enum Cell {
    case field(CustomerField)
    case consent(PatronModel.Channel, PatronModel.Topic, ConsentColumn)
    case suppression(PatronModel.Channel, SuppressionColumn)
    case canReceive(PatronModel.Channel)
    /// A property by its place in ``ExportCells/properties``.
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
      case .field(let field): return .field(field)
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

  /// Writes the header.
  package func writeHeader(to csv: inout CSVWriter) throws {
    for column in columns { try csv.cell(column.name) }
    csv.endRow()
  }

  /// Writes a row.
  package func write(_ customer: inout ExportedCustomer, to csv: inout CSVWriter) throws {
    for cell in cells {
      switch cell {
      case .field(let field): try write(field, of: customer, to: &csv)
      case .consent(let channel, let topic, let part):
        try write(part, of: customer.consent(channel, topic), to: &csv)
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
    for property in customer.properties
    where property.name.count == wanted.name.count && property.type == wanted.type
      && property.name.elementsEqual(wanted.name)
    {
      return try property.write(to: &csv)
    }
    csv.empty()
  }

  private func write(
    _ part: ConsentColumn,
    of consent: ExportedConsent?,
    to csv: inout CSVWriter
  ) throws {
    guard let consent else {
      return part == .state ? csv.plain("never_subscribed") : csv.empty()
    }
    switch part {
    case .state: csv.plain(ConsentWords.state(consent.state))
    case .changedAt: csv.time(consent.changedAt)
    case .source: try csv.cell(consent.source)
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
  private func write(
    _ field: CustomerField,
    of customer: borrowing ExportedCustomer,
    to csv: inout CSVWriter
  ) throws {
    switch field {
    case .id: try csv.integer(customer.number(1).map(Int64.init(bitPattern:)))
    case .externalID: try csv.cell(customer.text(2))
    case .email: try csv.cell(customer.text(3))
    case .phoneNumber: try csv.cell(customer.text(4))
    case .firstName: try csv.cell(customer.text(5))
    case .lastName: try csv.cell(customer.text(6))
    case .gender: try csv.cell(customer.text(7))
    case .accountCreatedAt: csv.time(try customer.time(8))
    case .accountStatus: try csv.cell(customer.text(9))
    case .defaultLanguage: try csv.cell(customer.text(10))
    case .defaultCurrency: try csv.cell(customer.text(11))
    case .tags: try writeTags(customer.text(12), to: &csv)
    case .address1: try csv.cell(customer.addressPart(1))
    case .address2: try csv.cell(customer.addressPart(2))
    case .city: try csv.cell(customer.addressPart(3))
    case .company: try csv.cell(customer.addressPart(4))
    case .state: try csv.cell(customer.addressPart(5))
    case .zip: try csv.cell(customer.addressPart(6))
    case .provinceCode: try csv.cell(customer.addressPart(7))
    case .countryCode: try csv.cell(customer.addressPart(8))
    case .addressPhoneNumber: try csv.cell(customer.addressPart(9))
    case .acceptsSMSMarketing: csv.flag(customer.number(14))
    case .acceptsEmailMarketing: csv.flag(customer.number(15))
    case .locale: try csv.cell(customer.text(22))
    default: try writeReadOnly(field, of: customer, to: &csv)
    }
  }

  private func writeReadOnly(
    _ field: CustomerField,
    of customer: borrowing ExportedCustomer,
    to csv: inout CSVWriter
  ) throws {
    let orders = customer.orders
    switch field {
    case .orderCount: try csv.integer(orders.count)
    case .totalSpent: try csv.amount(orders.spent, orders.currency)
    case .refundedTotal: try csv.amount(orders.refunded, orders.currency)
    case .netSpent: try csv.amount(orders.net, orders.currency)
    case .currency: try csv.cell(orders.currency)
    case .averageOrderValue: try csv.amount(orders.average, orders.currency)
    case .firstOrderAt: csv.time(orders.firstAt)
    case .lastOrderAt: csv.time(orders.lastAt)
    case .totalReviews: try csv.integer(try customer.number(1, in: 23) ?? .number(0))
    case .averageRating:
      guard case .fixed(let bits) = try customer.number(2, in: 23) else { return csv.empty() }
      try csv.cell("\(Double(bitPattern: bits))")
    case .loyaltyMember: csv.flag(try customer.number(1, in: 24)?.number ?? 0)
    case .pointsBalance:
      guard customer.has(24) else { return csv.empty() }
      try csv.integer(try customer.number(3, in: 24) ?? .number(0))
    case .tier:
      guard case .bytes(let tier) = try customer.number(7, in: 24) else { return csv.empty() }
      try csv.cell(tier)
    case .origin: csv.plain(ConsentWords.origin(customer.number(18)))
    case .createdAt: csv.time(try customer.time(19))
    case .updatedAt: csv.time(try customer.time(20))
    case .lastEventAt: csv.time(try customer.time(27))
    default: csv.empty()
    }
  }

  /// Tags are stored with commas between them; people and spreadsheets read them better with space.
  private func writeTags(_ tags: UnsafeRawBufferPointer?, to csv: inout CSVWriter) throws {
    if let tags, tags.contains(where: { TagCell.isSpecial(Unicode.Scalar($0)) }) {
      let list = String(decoding: tags, as: UTF8.self).split(separator: ",").map(String.init)
      return try csv.cell(TagCell.joined(list))
    }
    guard let tags, tags.contains(UInt8(ascii: ",")) else { return try csv.cell(tags) }
    var spaced: [UInt8] = []
    spaced.reserveCapacity(tags.count + 16)
    for byte in tags {
      spaced.append(byte)
      if byte == UInt8(ascii: ",") { spaced.append(UInt8(ascii: " ")) }
    }
    try spaced.withUnsafeBytes { bytes in try csv.cell(bytes) }
  }
}

extension WireFields.Value {
  /// The number, if it is one.
  fileprivate var number: UInt64? {
    if case .number(let number) = self { number } else { nil }
  }
}

extension CSVWriter {
  fileprivate mutating func cell(_ text: UnsafeRawBufferPointer?) throws(RuleError) {
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

  fileprivate mutating func integer(_ value: WireFields.Value) throws(RuleError) {
    try integer(value.number.map(Int64.init(bitPattern:)))
  }

  /// An amount in a currency, as a decimal; empty without a currency.
  fileprivate mutating func amount(
    _ minorUnits: Int64,
    _ currency: UnsafeRawBufferPointer?
  ) throws(RuleError) {
    guard let currency else { return empty() }
    let code = CurrencyCode(stored: String(decoding: currency, as: UTF8.self))
    try cell(PatronModel.Money(minorUnits: minorUnits, currency: code).decimal)
  }
}

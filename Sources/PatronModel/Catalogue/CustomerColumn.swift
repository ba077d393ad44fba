/// A column of a file of customers. Exports write them and imports read them.
package enum CustomerColumn: Sendable, Hashable {
  /// A field of the record.
  case field(CustomerField)
  /// Consent by channel and topic.
  case consent(Channel, Topic, ConsentColumn)
  /// Suppressions of a channel.
  case suppression(Channel, SuppressionColumn)
  /// Whether the customer can be sent marketing by the channel now.
  case canReceive(Channel)
  /// A property of one type.
  case property(name: String, PropertyType)

  /// The name in the header.
  package var name: String {
    switch self {
    case .field(let field): field.rawValue
    case .consent(let channel, let topic, let part):
      topic == .marketing
        ? "\(channel.name)_\(part.rawValue)" : "\(channel.name)_\(topic.name)_\(part.rawValue)"
    case .suppression(let channel, let part): "\(channel.name)_\(part.rawValue)"
    case .canReceive(let channel): "\(channel.name)_can_receive"
    case .property(let name, let type): "\(Self.propertyPrefix)\(name):\(type.rawValue)"
    }
  }

  /// Whether an import takes the column.
  package var isWritable: Bool {
    switch self {
    case .field(let field): field.isWritable
    case .consent, .property: true
    case .suppression(_, let part): part.isWritable
    case .canReceive: false
    }
  }

  /// The column with this name in the header; nil when there is none. The type of a property may
  /// be left out: then it is a string.
  package init?(name: String) {
    if let column = Self.byName[name] {
      self = column
      return
    }
    guard name.hasPrefix(Self.propertyPrefix) else { return nil }
    let parts = name.dropFirst(Self.propertyPrefix.count)
      .split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let type = PropertyType(rawValue: parts.count == 2 ? parts[1] : "string"),
      let property = parts.first, (try? CustomProperty.checkName(property)) != nil
    else { return nil }
    self = .property(name: property, type)
  }

  /// What property columns begin with.
  package static let propertyPrefix = "custom."

  /// Columns that every export has, in their order.
  package static let standard: [CustomerColumn] = {
    var columns = CustomerField.allCases.map(CustomerColumn.field)
    let before = columns.firstIndex(of: .field(.orderCount)) ?? columns.endIndex
    let channels = Channel.allCases.flatMap { channel -> [CustomerColumn] in
      [
        .consent(channel, .marketing, .state), .consent(channel, .marketing, .changedAt),
        .consent(channel, .marketing, .source), .suppression(channel, .isSuppressed),
        .suppression(channel, .reasons), .canReceive(channel),
      ]
    }
    columns.insert(contentsOf: channels, at: before)
    // What a file needs besides to hold all of a consent comes behind what people look for.
    for channel in Channel.allCases {
      let rest =
        consent(channel, .marketing)
        + SuppressionColumn.allCases.map { .suppression(channel, $0) }
      columns += rest.filter { !columns.contains($0) }
    }
    return columns
  }()

  /// All columns about the consent of a channel and topic.
  package static func consent(_ channel: Channel, _ topic: Topic) -> [CustomerColumn] {
    ConsentColumn.allCases.map { .consent(channel, topic, $0) }
  }

  /// Up to three names of columns that `name` may have been meant to be, nearest first.
  package static func nearest(to name: String) -> [String] {
    if name.hasPrefix(propertyPrefix) { return [propertyPrefix + "NAME:TYPE"] }
    if let meant = ColumnSynonyms.column(name) { return [meant.name] }
    let near = NearestNames.of(name, among: all.map(\.name))
    guard near.isEmpty, (3...NearestNames.longest).contains(name.utf8.count) else { return near }
    // `orders` is spelt like no column, and yet a part of some.
    let stem = name.hasSuffix("s") ? String(name.dropLast()) : name
    return Array(all.lazy.map(\.name).filter { $0.contains(stem) }.prefix(3))
  }

  private static let all =
    standard
    + Channel.allCases.flatMap { channel in
      Topic.allCases.filter { $0 != .marketing }.flatMap { consent(channel, $0) }
    }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

/// Lists inside a cell: joined with `;`, a `\` before every `;` and `\` of an item.
package enum CellList {
  /// The items as one cell.
  package static func joined(_ items: [String]) -> String {
    items.map(escaped).joined(separator: ";")
  }

  /// Exports write many items, and few have anything to escape.
  private static func escaped(_ item: String) -> String {
    guard item.utf8.contains(where: isSpecial) else { return item }
    var bytes: [UInt8] = []
    for byte in item.utf8 {
      if isSpecial(byte) { bytes.append(UInt8(ascii: "\\")) }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ";") || byte == UInt8(ascii: "\\")
  }

  /// The items of a cell; an empty cell has none.
  package static func split(_ cell: String) -> [String] {
    if cell.isEmpty { return [] }
    var items: [String] = []
    var item = ""
    var isEscaped = false
    for scalar in cell.unicodeScalars {
      if isEscaped {
        item.unicodeScalars.append(scalar)
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else if scalar == ";" {
        items.append(item)
        item = ""
      } else {
        item.unicodeScalars.append(scalar)
      }
    }
    return items + [item]
  }
}

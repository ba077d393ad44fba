/// A column of a customer file. Exports write it and imports read it.
package enum CustomerColumn: Sendable, Hashable {
  /// A field of the record.
  case field(CustomerField)
  /// A part of the consent for a channel and topic.
  case consent(Channel, Topic, ConsentColumn)
  /// A part of the suppressions of a channel.
  case suppression(Channel, SuppressionColumn)
  /// The present deliverability of marketing by the channel.
  case canReceive(Channel)
  /// A custom property of one type.
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

  /// True if an import reads the column.
  package var isWritable: Bool {
    switch self {
    case .field(let field): field.isWritable
    case .consent, .property: true
    case .suppression(_, let part): part.isWritable
    case .canReceive: false
    }
  }

  /// Finds the column with this name in the header. Fails if there is none. A property without a
  /// type is a string.
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

  /// The prefix of property columns.
  package static let propertyPrefix = "custom."

  /// The columns of every export, in order.
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
    // The columns that only a complete copy of a consent needs follow those that people look for.
    for channel in Channel.allCases {
      let rest =
        consent(channel, .marketing)
        + SuppressionColumn.allCases.map { .suppression(channel, $0) }
      columns += rest.filter { !columns.contains($0) }
    }
    return columns
  }()

  /// Returns all columns about the consent for a channel and topic.
  package static func consent(_ channel: Channel, _ topic: Topic) -> [CustomerColumn] {
    ConsentColumn.allCases.map { .consent(channel, topic, $0) }
  }

  /// Returns up to three names of columns that `name` may stand for, nearest first.
  package static func nearest(to name: String) -> [String] {
    if name.hasPrefix(propertyPrefix) { return [propertyPrefix + "NAME:TYPE"] }
    if let meant = ColumnSynonyms.column(name) { return [meant.name] }
    let near = NearestNames.of(name, among: all.map(\.name))
    guard near.isEmpty, (3...NearestNames.longest).contains(name.utf8.count) else { return near }
    // `orders` is similar to no column, but is a part of some.
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

/// The encoding of a list in a cell: items joined with `;`, with `\` before every `;` and `\` in an
/// item.
package enum CellList {
  /// Returns the items as one cell.
  package static func joined(_ items: [String]) -> String {
    items.map(escaped).joined(separator: ";")
  }

  /// Escapes an item. Exports write many items, and few have anything to escape.
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

  /// Returns the items of a cell. An empty cell has none.
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

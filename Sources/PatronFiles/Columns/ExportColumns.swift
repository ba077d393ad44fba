internal import PatronCore
package import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtoWire

/// The columns of an export.
package enum ExportColumns: Sendable {
  /// All columns.
  case all
  /// The columns that an import accepts.
  case writable
  /// The listed columns.
  case chosen([CustomerColumn])

  /// The name that stands for the columns that an import accepts.
  static let writableName = "writable"
  private static let maxCount = 1000

  /// Checks the columns of a request. Violations are added.
  package init(_ names: [String], _ violations: inout Violations) {
    switch names {
    case []: self = .all
    case [Self.writableName]: self = .writable
    default: self = .chosen(Self.parse(names, &violations))
    }
  }

  private static func parse(
    _ names: [String],
    _ violations: inout Violations
  ) -> [CustomerColumn] {
    guard names.count <= maxCount else {
      violations.add(
        "columns",
        RuleError(
          reason: "LIST_TOO_LONG",
          message: "An export has up to \(maxCount) chosen columns."
        )
      )
      return []
    }
    var seen: Set<CustomerColumn> = []
    var columns: [CustomerColumn] = []
    for (index, name) in names.enumerated() {
      guard let column = CustomerColumn(name: name) else {
        violations.add("columns[\(index)]", unknown(name))
        continue
      }
      guard seen.insert(column).inserted else {
        violations.add(
          "columns[\(index)]",
          RuleError(reason: "COLUMN_REPEATED", message: "The column is named twice.", given: name)
        )
        continue
      }
      columns.append(column)
    }
    return columns
  }

  private static func unknown(_ name: String) -> RuleError {
    let near = CustomerColumn.nearest(to: name)
    let hint =
      near.isEmpty
      ? " An export without chosen columns has all in its header."
      : " Did you mean \(near.joined(separator: " or "))?"
    return RuleError(
      reason: "COLUMN_UNKNOWN",
      message: "There is no such column.\(hint) `\(writableName)` must stand alone.",
      given: name
    )
  }

  /// True if the columns depend on the exported customers.
  package var dependOnRows: Bool {
    if case .chosen = self { false } else { true }
  }

  /// Returns the columns for customers with the consent and properties in `found`.
  package func resolved(_ found: ExportedKinds) -> [CustomerColumn] {
    switch self {
    case .all: CustomerColumn.standard + found.columns
    case .writable: (CustomerColumn.standard + found.columns).filter(\.isWritable)
    case .chosen(let columns): columns
    }
  }
}

/// The consent and properties that occur among an export's customers, beyond the standard columns:
/// consent to topics other than marketing, and properties. Each that at least one customer has
/// becomes a column.
package struct ExportedKinds {
  /// The channels and topics that occur, one bit for each pair.
  private var topics: UInt64 = 0
  private var properties = PropertyColumns()

  package init() {}

  private static func bit(_ channel: Int, _ topic: Int) -> UInt64 { 1 << (channel << 3 | topic) }

  /// Adds the consent and properties of an encoded customer.
  package mutating func add(_ record: RawSpan) throws {
    do {
      try addFields(record)
    } catch let error as WireError {
      throw StoreError(error)
    }
  }

  private mutating func addFields(_ record: RawSpan) throws {
    var reader = ProtoReader(record)
    while let next = try reader.next() {
      switch next {
      case (Customer.Field.customProperties, .bytes(let entry)):
        try properties.add(ExportedProperty(record, entry), in: record)
      case (Customer.Field.subscriptions, .bytes(let message)):
        let consent = try ExportedConsent(record, message)
        topics |= Self.bit(Int(consent.channel), Int(consent.topic))
      default: break
      }
    }
  }

  /// The columns, in an order that does not depend on the order of the customers.
  package var columns: [CustomerColumn] {
    var columns: [CustomerColumn] = []
    for channel in PatronModel.Channel.allCases {
      for topic in PatronModel.Topic.allCases
      where topic != .marketing && topics & Self.bit(channel.rawValue, topic.rawValue) != 0 {
        columns += CustomerColumn.consent(channel, topic)
      }
    }
    return columns + properties.columns
  }
}

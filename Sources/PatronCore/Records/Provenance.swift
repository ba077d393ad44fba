internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// Who last set which field of a customer, and when.
///
/// It is written with every change of a record, so it is kept small: fields that one call set
/// together share a group, and the fields that every customer has are bits of a number.
package struct Provenance {
  /// Who sets fields.
  package struct Setter: Sendable, Equatable {
    /// What sets them: `upsert`, `update`, the name of an import, or the type of an event.
    package var name: String
    /// When, in the time of what sets them, microseconds since 1970.
    package var at: Int64
    /// Patron's id of the event; 0 when none did.
    package var eventID: Int64 = 0
  }

  /// What was set together.
  private struct Group {
    var setter: Setter
    /// One bit a name of ``fields``.
    var fields: UInt64
    /// Names of properties that the shop invents.
    var properties: [String]

    var isEmpty: Bool { fields == 0 && properties.isEmpty }
  }

  private var groups: [Group] = []

  /// The fields whose setter is remembered; consent is not among them, because its ledger says
  /// more. The place in the list is what is stored: it only ever grows at its end.
  private static let fields =
    [
      "external_id", "email", "phone_number", "first_name", "last_name", "gender",
      "account_created_at", "account_status", "default_language", "locale", "default_currency",
      "tags", "address", "accepts_sms_marketing", "accepts_email_marketing",
    ] + summaries
  /// What is summed up from orders and events.
  static let summaries = ["order_stats", "reviews", "loyalty"]
  private static let bits = Dictionary(
    uniqueKeysWithValues: fields.enumerated().map { ($0.element, UInt64(1) << $0.offset) }
  )
  private static let propertyPrefix = Enrichment.properties + "."
  /// The most properties, present or removed, that are remembered.
  private static let mostProperties = 200

  /// One entry a field, sorted by name.
  package var entries: [FieldProvenance] {
    var entries: [FieldProvenance] = []
    for group in groups {
      let common = Self.fields.indices.filter { group.fields & 1 << UInt64($0) != 0 }
      let names =
        common.map { Self.fields[$0] } + group.properties.map { Self.propertyPrefix + $0 }
      entries += names.map { name in
        .with {
          $0.field = name
          $0.setAt = .init(micros: group.setter.at)
          $0.setBy = group.setter.name
          $0.eventID = group.setter.eventID
        }
      }
    }
    return entries.sorted { $0.field < $1.field }
  }

  /// Whether what was true at `time` may still be set: nothing set the field later. The event that
  /// set it itself may set it again, another of the same time too where it is new.
  func permits(_ field: String, at time: Int64, by event: Int64?) -> Bool {
    guard let last = setter(of: field) else { return true }
    if let event { return time > last.at || (time == last.at && last.eventID == event) }
    return time >= last.at
  }

  /// Who last set a field; nil when nobody knows.
  func setter(of field: String) -> Setter? {
    if let bit = Self.bits[field] { return groups.first { $0.fields & bit != 0 }?.setter }
    guard let property = Self.property(field) else { return nil }
    return groups.first { $0.properties.contains(property) }?.setter
  }

  private static func property(_ field: String) -> String? {
    field.hasPrefix(propertyPrefix) ? String(field.dropFirst(propertyPrefix.count)) : nil
  }
}

// MARK: - Changes

extension Provenance {
  /// What is to be stored in the place of `stored`, to note who set fields; nil when none of them
  /// is remembered.
  static func noting(
    _ names: [String],
    by setter: Setter,
    over stored: @autoclosure () throws -> [UInt8]
  ) throws -> [UInt8]? {
    var group = Group(setter: setter, fields: 0, properties: [])
    for name in names {
      if let bit = bits[name] {
        group.fields |= bit
      } else if let property = property(name) {
        group.properties.append(property)
      }
    }
    guard !group.isEmpty else { return nil }
    var provenance = try Provenance(stored: stored())
    provenance.add(group)
    return provenance.encoded()
  }

  private mutating func add(_ group: Group) {
    for index in groups.indices {
      groups[index].fields &= ~group.fields
      guard !group.properties.isEmpty, !groups[index].properties.isEmpty else { continue }
      groups[index].properties.removeAll { group.properties.contains($0) }
    }
    groups.append(group)
    forgetOldProperties()
    groups.removeAll(where: \.isEmpty)
  }

  /// The provenance with what `other` knows of some fields in the place of what this one knows, as
  /// it is stored: for fields whose values were taken from there.
  func taking(_ names: [String], from other: Provenance) -> [UInt8] {
    let bits = names.reduce(UInt64(0)) { $0 | (Self.bits[$1] ?? 0) }
    let properties = Set(names.compactMap(Self.property))
    var taken = self
    for index in taken.groups.indices {
      taken.groups[index].fields &= ~bits
      taken.groups[index].properties.removeAll(where: properties.contains)
    }
    for group in other.groups {
      var part = group
      part.fields &= bits
      part.properties.removeAll { !properties.contains($0) }
      if !part.isEmpty { taken.add(part) }
    }
    taken.groups.removeAll(where: \.isEmpty)
    return taken.encoded()
  }

  private mutating func forgetOldProperties() {
    var surplus = groups.reduce(-Self.mostProperties) { $0 + $1.properties.count }
    guard surplus > 0 else { return }
    for index in groups.indices.sorted(by: { groups[$0].setter.at < groups[$1].setter.at }) {
      let forgotten = min(surplus, groups[index].properties.count)
      groups[index].properties.removeFirst(forgotten)
      surplus -= forgotten
      if surplus == 0 { return }
    }
  }
}

// MARK: - What is stored

/// A message of groups in field 1. Each has the fields as a number (1), the time (2), who set them
/// (3), the event (4) and the names of properties (5).
extension Provenance {
  /// Reads what is stored; empty when nothing is known.
  package init(stored: [UInt8]) throws {
    try stored.withUnsafeBytes { bytes in
      var fields = WireFields(bytes)
      while let (field, value) = try fields.next() {
        guard field == 1, case .bytes(let group) = value else { continue }
        groups.append(try Self.group(group))
      }
    }
  }

  private static func group(_ bytes: UnsafeRawBufferPointer) throws(StoreError) -> Group {
    var group = Group(setter: Setter(name: "", at: 0), fields: 0, properties: [])
    var fields = WireFields(bytes)
    while let next = try fields.next() {
      switch next {
      case (1, .number(let bits)): group.fields = bits
      case (2, .number(let micros)): group.setter.at = Int64(bitPattern: micros)
      case (3, .bytes(let text)): group.setter.name = String(decoding: text, as: UTF8.self)
      case (4, .number(let id)): group.setter.eventID = Int64(bitPattern: id)
      case (5, .bytes(let text)): group.properties.append(String(decoding: text, as: UTF8.self))
      default: break
      }
    }
    return group
  }

  private func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(groups.count * 32)
    var message: [UInt8] = []
    for group in groups {
      message.removeAll(keepingCapacity: true)
      message.append(number: group.fields, field: 1)
      message.append(number: UInt64(bitPattern: group.setter.at), field: 2)
      message.append(bytes: group.setter.name.utf8, field: 3)
      if group.setter.eventID != 0 {
        message.append(number: UInt64(bitPattern: group.setter.eventID), field: 4)
      }
      for property in group.properties { message.append(bytes: property.utf8, field: 5) }
      bytes.append(bytes: message, field: 1)
    }
    return bytes
  }
}

extension [UInt8] {
  fileprivate mutating func append(number: UInt64, field: UInt8) {
    append(field << 3)
    append(varint: number)
  }

  fileprivate mutating func append(bytes: some Collection<UInt8>, field: UInt8) {
    append(field << 3 | 2)
    append(varint: UInt64(bytes.count))
    append(contentsOf: bytes)
  }

  private mutating func append(varint number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }
}

extension CustomerRow {
  /// Who set the fields, as it is stored: read where the row came without.
  package func provenance(in reader: StoreReader) throws -> [UInt8] {
    try provenance ?? reader.provenance(of: id)
  }
}

// MARK: - Events of the past

extension CustomerDraft {
  /// Leaves alone what an event of the past must not touch: fields that were set later, identifiers
  /// that its type does not tell of, and signed names where the customer has any.
  package mutating func leave(
    what customer: Customer,
    has provenance: Provenance,
    newerThan time: Int64,
    unlessSetBy event: Int64?
  ) {
    func kept<Value>(_ field: String, _ edit: FieldEdit<Value>) -> FieldEdit<Value> {
      edit.isLeave || provenance.permits(field, at: time, by: event) ? edit : .leave
    }
    func identifier<Value>(_ field: String, _ edit: FieldEdit<Value>) -> FieldEdit<Value> {
      if let filledIdentifiers, !filledIdentifiers.contains(field) { return .leave }
      return kept(field, edit)
    }
    email = identifier("email", email)
    phone = identifier("phone_number", phone)
    if namesAreSigned, customer.firstName != nil || customer.lastName != nil {
      firstName = .leave
      lastName = .leave
    }
    firstName = kept("first_name", firstName)
    lastName = kept("last_name", lastName)
    gender = kept("gender", gender)
    accountCreatedAt = kept("account_created_at", accountCreatedAt)
    accountStatus = kept("account_status", accountStatus)
    language = kept("default_language", language)
    currency = kept("default_currency", currency)
    tags = kept("tags", tags)
    address = kept("address", address)
    properties.removeAll {
      !provenance.permits("\(Enrichment.properties).\($0.name)", at: time, by: event)
    }
  }
}

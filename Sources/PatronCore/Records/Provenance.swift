package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtoWire
internal import ProtobufC

/// The setters of a customer's fields: for each field, the call that last set it, its author, and
/// the time.
///
/// It is written with every change of a record, so it is kept small: fields that one call sets
/// together share a group, and the fields that every customer has are bits of a number.
package struct Provenance {
  /// The origin of a field's value.
  package struct Setter: Sendable, Equatable {
    /// The call that set the field: `upsert`, `update`, the name of an import, or the type of an
    /// event.
    package var name: String
    /// The time of the call or event in microseconds since 1970.
    package var at: Int64
    /// Patron's id of the event; 0 if no event set the field.
    package var eventID: Int64 = 0
    /// The author of the call.
    package var author = PatronModel.Author.none
  }

  /// Fields that were set together.
  private struct Group {
    var setter: Setter
    /// One bit for each field.
    var fields: UInt64
    /// The names of custom properties.
    var properties: [String]

    var isEmpty: Bool { fields == 0 && properties.isEmpty }
  }

  private var groups: [Group] = []

  /// The summaries of orders and events, with their bits.
  private static let summaryBits: [(name: String, bit: UInt64)] = [
    ("order_stats", 1 << 15), ("reviews", 1 << 16), ("loyalty", 1 << 17),
  ]
  /// The names of the summaries of orders and events.
  static let summaries = summaryBits.map(\.name)
  /// The bits of the fields whose setter is remembered. Consent is not among them, because its
  /// ledger says more.
  private static let bits: [String: UInt64] = {
    let fields = CustomerAttribute.all.flatMap(\.fields).map { ($0.name, $0.bit) }
    return Dictionary(uniqueKeysWithValues: fields + summaryBits.map { ($0.name, $0.bit) })
  }()
  private static let propertyPrefix = Enrichment.properties + "."
  /// The maximum number of properties, present or removed, with a recorded setter.
  private static let maxProperties = 200

  /// The setters as messages of the contract, one for each field, sorted by name.
  package var entries: [FieldProvenance] {
    var entries: [FieldProvenance] = []
    for group in groups {
      let common = Self.bits.lazy.filter { group.fields & $0.value != 0 }.map(\.key)
      let names = common + group.properties.map { Self.propertyPrefix + $0 }
      entries += names.map { name in
        .with {
          $0.field = name
          $0.setAt = .init(micros: group.setter.at)
          $0.setBy = group.setter.name
          $0.eventID = group.setter.eventID
          $0.author = group.setter.author.message
        }
      }
    }
    return entries.sorted { $0.field < $1.field }
  }

  /// Returns true if a value from `time` may still set the field, because no later value did. At
  /// the same time, the event that set the field may set it again, and so may a new event.
  func permits(_ field: String, at time: Int64, by event: Int64?) -> Bool {
    guard let last = setter(of: field) else { return true }
    if let event { return time > last.at || (time == last.at && last.eventID == event) }
    return time >= last.at
  }

  /// Returns the setter of a field, or nil if it is not recorded.
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
  /// Returns the stored form of the provenance after a call set fields; it replaces `stored`.
  /// Returns nil if none of the fields has a recorded setter.
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

  /// Returns the stored form of the provenance, with the setters of some fields taken from `other`:
  /// for fields whose values were taken from there.
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
    var surplus = groups.reduce(-Self.maxProperties) { $0 + $1.properties.count }
    guard surplus > 0 else { return }
    for index in groups.indices.sorted(by: { groups[$0].setter.at < groups[$1].setter.at }) {
      let forgotten = min(surplus, groups[index].properties.count)
      groups[index].properties.removeFirst(forgotten)
      surplus -= forgotten
      if surplus == 0 { return }
    }
  }
}

// MARK: - Stored form

extension Provenance {
  /// The field numbers of the stored message, which is a list of groups.
  private enum Field {
    static let group = 1
  }

  /// The field numbers of a group.
  private enum GroupField {
    /// One bit for each field.
    static let fields = 1
    /// The time in microseconds since 1970.
    static let time = 2
    static let setter = 3
    static let eventID = 4
    static let property = 5
    /// The id of the author's key, as text; absent if the author is not known.
    static let keyID = 6
    /// The text on whose behalf the author called; absent if there was none.
    static let onBehalfOf = 7
  }

  /// Decodes the stored form. Empty bytes are a provenance without setters.
  package init(stored: [UInt8]) throws {
    do throws(WireError) {
      var reader = ProtoReader(stored.span.bytes)
      while let next = try reader.next() {
        guard case (Field.group, .bytes(let group)) = next else { continue }
        groups.append(try Self.group(reader[group]))
      }
    } catch {
      throw StoreError(error)
    }
  }

  private static func group(_ bytes: RawSpan) throws(WireError) -> Group {
    var group = Group(setter: Setter(name: "", at: 0), fields: 0, properties: [])
    var (keyID, onBehalfOf) = ("", "")
    var reader = ProtoReader(bytes)
    while let next = try reader.next() {
      switch next {
      case (GroupField.fields, .varint(let bits)): group.fields = bits
      case (GroupField.time, .varint(let micros)): group.setter.at = Int64(bitPattern: micros)
      case (GroupField.setter, .bytes(let text)): group.setter.name = String(utf8: reader[text])
      case (GroupField.eventID, .varint(let id)): group.setter.eventID = Int64(bitPattern: id)
      case (GroupField.property, .bytes(let text)):
        group.properties.append(String(utf8: reader[text]))
      case (GroupField.keyID, .bytes(let text)): keyID = String(utf8: reader[text])
      case (GroupField.onBehalfOf, .bytes(let text)): onBehalfOf = String(utf8: reader[text])
      default: break
      }
    }
    group.setter.author = PatronModel.Author(keyID: keyID, onBehalfOf: onBehalfOf)
    return group
  }

  private func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(groups.count * 32)
    var message: [UInt8] = []
    for group in groups {
      message.removeAll(keepingCapacity: true)
      message.appendField(GroupField.fields, varint: group.fields)
      message.appendField(GroupField.time, int64: group.setter.at)
      message.appendField(GroupField.setter, text: group.setter.name)
      if group.setter.eventID != 0 {
        message.appendField(GroupField.eventID, int64: group.setter.eventID)
      }
      for property in group.properties { message.appendField(GroupField.property, text: property) }
      let author = group.setter.author
      if !author.keyID.isEmpty { message.appendField(GroupField.keyID, text: author.keyID) }
      if !author.onBehalfOf.isEmpty {
        message.appendField(GroupField.onBehalfOf, text: author.onBehalfOf)
      }
      bytes.appendField(Field.group, bytes: message)
    }
    return bytes
  }
}

extension CustomerRow {
  /// Returns the stored provenance of the customer. Reads it if the row was loaded without it.
  package func provenance(in reader: StoreReader) throws -> [UInt8] {
    try provenance ?? reader.provenance(of: id)
  }
}

// MARK: - Past events

extension CustomerDraft {
  /// Leaves fields that a past event must not change: fields that were set later, identifiers that
  /// the event's type does not state, and signed names if the customer has a name.
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
      leave(.firstName)
      leave(.lastName)
    }
    for attribute in CustomerAttribute.all where gives(attribute) {
      if !provenance.permits(attribute.name, at: time, by: event) { leave(attribute) }
    }
    properties.removeAll {
      !provenance.permits("\(Enrichment.properties).\($0.name)", at: time, by: event)
    }
  }
}

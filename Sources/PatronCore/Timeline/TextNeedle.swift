internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtoWire
internal import ProtobufC

/// A fragment of text, searched in stored events without regard to case.
struct TextNeedle {
  private let needle: FoldedNeedle
  /// True if the fragment may occur in a value that is stored as a number. Most fragments have
  /// letters that such values never have, and then values are not decoded.
  private let mayBeValue: Bool

  /// The letters, digits and signs of all numbers, times, dates, `true` and `false`.
  private static let valueBytes = Set("0123456789+-.:aefilnrstuz".utf8)

  /// Returns nil for the empty fragment, which does not filter.
  init?(_ text: String) {
    guard let needle = FoldedNeedle(text) else { return nil }
    self.needle = needle
    mayBeValue = needle.bytes.allSatisfy(Self.valueBytes.contains)
  }

  /// The fragment in the form that is compared.
  var text: String { needle.text }

  /// Returns true if the fragment occurs in the title, the type, a record that the event is about,
  /// or the name or value of a property. `title` makes the title of an event that is stored without
  /// one. The bytes are searched in place; bytes that are not an event are damage.
  func occurs(inStored body: RawSpan, title: () throws -> String?) throws -> Bool {
    try Event.checkStored(body)
    do {
      return try isFound(in: body, title)
    } catch let error as WireError {
      throw StoreError(error)
    }
  }

  private func isFound(in body: RawSpan, _ title: () throws -> String?) throws -> Bool {
    var hasTitle = false
    var reader = ProtoReader(body)
    while let next = try reader.next() {
      guard case (let field, .bytes(let content)) = next else { continue }
      switch field {
      case Event.Field.title:
        hasTitle = !content.isEmpty
        if needle.occurs(in: reader[content]) { return true }
      case Event.Field.type:
        if needle.occurs(in: reader[content]) { return true }
      case Event.Field.references:
        if try isFound(inReferences: reader[content]) { return true }
      case Event.Field.properties:
        if try isFound(inProperty: reader[content]) { return true }
      default: continue
      }
    }
    guard !hasTitle, let title = try title() else { return false }
    return needle.occurs(in: Array(title.utf8).span.bytes)
  }

  /// Searches the identifiers and names of the records that an event is about: all fields.
  private func isFound(inReferences bytes: RawSpan) throws -> Bool {
    let texts = EventReferences.Field.orderExternalID...EventReferences.Field.reviewID
    var reader = ProtoReader(bytes)
    while let next = try reader.next() {
      guard case (let field, .bytes(let content)) = next, texts.contains(field) else { continue }
      if needle.occurs(in: reader[content]) { return true }
    }
    return false
  }

  /// Searches an entry of the map of properties.
  private func isFound(inProperty bytes: RawSpan) throws -> Bool {
    var reader = ProtoReader(bytes)
    while let next = try reader.next() {
      guard case (let field, .bytes(let content)) = next else { continue }
      if field == MapEntry.key {
        if needle.occurs(in: reader[content]) { return true }
      } else if try isFound(inValue: reader[content]) {
        return true
      }
    }
    return false
  }

  private func isFound(inValue bytes: RawSpan) throws -> Bool {
    var reader = ProtoReader(bytes)
    while let next = try reader.next() {
      if case (PropertyValue.Field.stringValue, .bytes(let content)) = next {
        return needle.occurs(in: reader[content])
      }
      guard mayBeValue else { continue }
      let text = try PropertyValue(stored: bytes).searchText
      return needle.occurs(in: Array(text.utf8).span.bytes)
    }
    return false
  }
}

extension PatronProto.PropertyValue {
  /// The value as text that is searched.
  fileprivate var searchText: String {
    switch kind {
    case .stringValue(let text): return text
    case .boolValue(let flag): return String(flag)
    case .int64Value(let number): return String(number)
    case .doubleValue(let number): return String(number)
    case .timestampValue(let time):
      return (try? PatronModel.Timestamp(seconds: time.seconds, nanos: time.nanos).rfc3339) ?? ""
    case .dateValue(let date):
      return CivilDate(year: Int(date.year), month: Int(date.month), day: Int(date.day))
        .map(\.iso8601) ?? ""
    case nil: return ""
    }
  }
}

internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtoWire
internal import ProtobufC

/// The titles of third-party events without a title of their own. They are not stored, but made
/// when an event is read: the label that the store registered for the type, else the label in the
/// catalogue, else the type itself. So a label also applies to events that were recorded before it.
package final class EventTitles {
  private let reader: StoreReader
  private var labels: [Kind: String] = [:]

  private struct Kind: Hashable {
    var sourceName: String
    var type: String
  }

  /// Creates titles that read registered types with `reader`.
  package init(_ reader: StoreReader) { self.reader = reader }

  /// Sets the title of an event that has none.
  package func complete(_ event: inout Event) throws {
    guard event.title.isEmpty, event.source == .thirdParty else { return }
    event.title = try label(Kind(sourceName: event.sourceName, type: event.type))
  }

  /// Returns the title of a stored event that has none; nil if its source needs no titles.
  func label(of entry: borrowing StoreReader.TimelineEntry) throws -> String? {
    guard entry.source == PatronProto.EventSource.thirdParty.rawValue else { return nil }
    return try label(
      Kind(sourceName: String(utf8: entry.sourceName), type: String(utf8: entry.type))
    )
  }

  /// Returns the encoded title to append to the bytes of a stored event; empty if they have a
  /// title.
  package func missingTitle(of entry: borrowing StoreReader.TimelineEntry) throws -> [UInt8] {
    guard entry.source == PatronProto.EventSource.thirdParty.rawValue else { return [] }
    return try missingTitle(in: entry.body) {
      Kind(
        sourceName: String(utf8: entry.sourceName),
        type: String(utf8: entry.type)
      )
    }
  }

  /// Returns the encoded title to append to the body of an event's row; empty if it has a title.
  package func missingTitle(of row: EventRow) throws -> [UInt8] {
    guard row.source == PatronProto.EventSource.thirdParty.rawValue else { return [] }
    return try missingTitle(in: row.body.span.bytes) {
      Kind(sourceName: row.sourceName, type: row.type)
    }
  }

  private func missingTitle(in body: RawSpan, _ kind: () -> Kind) throws -> [UInt8] {
    if try Self.hasTitle(body) { return [] }
    return try Event.with { $0.title = try label(kind()) }.encoded()
  }

  private static func hasTitle(_ body: RawSpan) throws(StoreError) -> Bool {
    var reader = ProtoReader(body)
    do throws(WireError) {
      while let (field, _) = try reader.next() {
        if field == Event.Field.title { return true }
      }
    } catch {
      throw StoreError(error)
    }
    return false
  }

  private func label(_ kind: Kind) throws -> String {
    if let known = labels[kind] { return known }
    let registered = try reader.eventType(kind.type, of: kind.sourceName)
      .map(PatronProto.EventType.init(stored:))
    let label =
      registered?.label ?? EventCatalogue.type(kind.type, of: .thirdParty)?.label
      ?? EventTitle.made(of: kind.type)
    labels[kind] = label
    return label
  }
}

/// The title of an event whose type is not in a catalogue.
enum EventTitle {
  /// Returns the type as a title: `quiz_completed` becomes `Quiz completed`.
  static func made(of type: String) -> String {
    let words = type.split(separator: "_").joined(separator: " ")
    return words.prefix(1).uppercased() + words.dropFirst()
  }
}

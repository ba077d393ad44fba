import PatronProto
import ProtobufC

/// The authors that records of a shop name. Nil is the author of a record that names none.
extension Shop {
  /// Returns the author of the newest event of a type on a timeline.
  func author(
    ofEvent type: String,
    of ref: CustomerRef.Ref = .externalID("c1")
  ) async throws -> Author? {
    let events = try await timeline(ref, size: 100).events.filter { $0.type == type }
    let newest = events.max { $0.sequence < $1.sequence }
    guard let newest else { throw Missing(what: "no event \(type)") }
    return newest.author
  }

  /// Returns the author of a field, by the provenance of the full view.
  func author(
    ofField field: String,
    of ref: CustomerRef.Ref = .externalID("c1")
  ) async throws -> Author? {
    let entry = try await get(ref, view: .full).provenance.first { $0.field == field }
    guard let entry else { throw Missing(what: "no provenance of \(field)") }
    return entry.author
  }

  /// Returns the author of the newest row of the ledger.
  func authorOfLedger(of ref: CustomerRef.Ref = .externalID("c1")) async throws -> Author? {
    guard let row = try await history(ref).last else { throw Missing(what: "no row") }
    return row.author
  }

  /// Returns the author of the deletion that a watch of the store receives last.
  func authorOfTombstone() throws -> Author? {
    let newest = "SELECT body FROM event_tombstones ORDER BY sequence DESC LIMIT 1"
    guard let body = try blobs(newest).first else { throw Missing(what: "no tombstone") }
    return try Event(decoding: body).author
  }

  /// A record that should be there.
  struct Missing: Error {
    var what: String
  }

  /// Creates the customer c1, unless it is there.
  func known(_ id: String = "c1") async throws {
    try await upsert {
      $0.externalID = id
      $0.email = "\(id)@example.com"
    }
  }
}

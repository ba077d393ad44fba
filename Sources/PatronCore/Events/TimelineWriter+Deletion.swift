internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

extension TimelineWriter {
  /// Deletes an event of the customer; summaries and statistics are then those of the remaining
  /// events. Fields of the record, consent and suppressions stay as the event left them.
  package mutating func delete(_ row: EventRow) throws {
    let event = try Event(stored: row.body)
    try writer.delete(event, row)
    changeStats { $0.forget(event) }
    try recountActivity()
    try EventEnrichment.forget(event, on: &self)
  }
}

extension StoreWriter {
  /// Deletes an event and leaves its tombstone. The caller must count the customer's statistics
  /// again.
  package func delete(_ event: Event, _ row: EventRow) throws {
    let sequence = try nextID()
    let tombstone = event.tombstone(at: sequence, by: author)
    try delete(row, sequence: sequence, body: try tombstone.encoded())
  }
}

extension Event {
  /// Returns the tombstone: the parts that a watch of the store needs to forget the event, and the
  /// author of the deletion.
  fileprivate func tombstone(at sequence: Int64, by author: PatronModel.Author) -> Event {
    .with {
      $0.id = id
      $0.eventID = eventID
      $0.customerID = customerID
      $0.source = source
      $0.sourceName = sourceName
      $0.product = product
      $0.type = type
      $0.channel = channel
      $0.occurredAt = occurredAt
      $0.sequence = sequence
      $0.author = author.message
    }
  }
}

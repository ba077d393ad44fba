internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtoWire
internal import ProtobufC
internal import TTRPC

/// Appending fields of a response message by hand, so that stored records pass through as they are.
extension ResponseBuffer {
  /// Appends a stored record as it is. Bytes that are no such message are damage and are not passed
  /// on: a caller could not read the answer, or would read something else in it.
  mutating func appendStored<Record: Message>(
    _ field: Int,
    _ type: Record.Type,
    _ bytes: RawSpan
  ) throws(StoreError) {
    try type.checkStored(bytes)
    appendField(field, bytes: bytes)
  }

  /// Appends a stored record in two parts as it is. Both parts together are one message on the
  /// wire: that is how the parts of a customer become one record.
  mutating func appendStored<Record: Message>(
    _ field: Int,
    _ type: Record.Type,
    joining first: RawSpan,
    _ second: RawSpan
  ) throws(StoreError) {
    try type.checkStored(first)
    try type.checkStored(second)
    appendField(field, joining: first, second)
  }

  /// Appends an event as it is stored, with the title that it lacks; see ``EventTitles``.
  mutating func appendEvent(
    _ field: Int,
    _ entry: borrowing StoreReader.TimelineEntry,
    _ title: [UInt8]
  ) throws(StoreError) {
    try Event.checkStored(entry.body.bytes)
    appendField(field, joining: entry.body.bytes, title.span.bytes)
  }

  /// Appends an order as it is stored; of one that is larger than an answer should be, what a list
  /// has room for. See ``OrderParts``.
  mutating func appendOrder(_ field: Int, _ body: RawSpan) throws {
    guard OrderParts.isLarge(body.byteCount) else {
      return try appendStored(field, Order.self, body)
    }
    appendField(field, bytes: try OrderParts([UInt8](copying: body)).overview())
  }

  /// Appends a stored customer.
  mutating func appendCustomer(_ field: Int, _ row: CustomerRow) {
    appendField(field, joining: row.body.span.bytes, row.stats.span.bytes)
  }

  /// Appends a sub-message.
  mutating func appendMessage<Field: Message>(_ field: Int, _ message: Field) throws {
    appendField(field, bytes: try message.encoded())
  }

  /// Appends a number that is not negative; 0 is not sent.
  mutating func appendNumber(_ field: Int, _ value: Int64) {
    if value != 0 { appendField(field, int64: value) }
  }

  /// Appends a string; the empty one is not sent.
  mutating func appendString(_ field: Int, _ text: String) {
    if !text.isEmpty { appendField(field, text: text) }
  }
}

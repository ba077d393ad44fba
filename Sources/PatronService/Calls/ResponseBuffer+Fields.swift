internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtoWire
internal import ProtobufC
internal import TTRPC

/// Fields of a response message, appended without decoding stored records.
extension ResponseBuffer {
  /// Appends a stored record unchanged. Bytes that are not such a message are damage and are
  /// refused: the caller could not read the answer, or would misread it.
  mutating func appendStored<Record: Message>(
    _ field: Int,
    _ type: Record.Type,
    _ bytes: RawSpan
  ) throws(StoreError) {
    try type.checkStored(bytes)
    appendField(field, bytes: bytes)
  }

  /// Appends a stored record that has two parts, unchanged. On the wire both parts together are one
  /// message; the two parts of a customer become one record in this way.
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

  /// Appends a stored event with the title that it lacks; see ``EventTitles``.
  mutating func appendEvent(
    _ field: Int,
    _ entry: borrowing StoreReader.TimelineEntry,
    _ title: [UInt8]
  ) throws(StoreError) {
    try Event.checkStored(entry.body)
    appendField(field, joining: entry.body, title.span.bytes)
  }

  /// Appends a stored order. An order that is too large for an answer is cut to the part that fits
  /// a list; see ``OrderParts``.
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

  /// Encodes and appends a sub-message.
  mutating func appendMessage<Field: Message>(_ field: Int, _ message: Field) throws {
    appendField(field, bytes: try message.encoded())
  }

  /// Appends a number, which must not be negative. 0 is not sent.
  mutating func appendNumber(_ field: Int, _ value: Int64) {
    if value != 0 { appendField(field, int64: value) }
  }

  /// Appends a string. An empty string is not sent.
  mutating func appendString(_ field: Int, _ text: String) {
    if !text.isEmpty { appendField(field, text: text) }
  }
}

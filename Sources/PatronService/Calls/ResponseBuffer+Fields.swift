internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

/// Appending fields of a response message by hand, so that stored records pass through as they are.
extension ResponseBuffer {
  /// Appends a sub-message whose bytes are the two parts one after the other. Both parts together
  /// are one message on the wire: that is how the parts of a customer become one record.
  mutating func appendMessage(
    _ field: UInt64,
    _ first: UnsafeRawBufferPointer,
    _ second: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
  ) {
    reserve(first.count + second.count + 16)
    appendVarint(field << 3 | 2)
    appendVarint(UInt64(first.count + second.count))
    append(first)
    append(second)
  }

  /// Appends a stored record, in one part or two, as it is. Bytes that are no such message are
  /// damage and are not passed on: a caller could not read the answer, or would read something else
  /// in it.
  mutating func appendStored<Record: Message>(
    _ field: UInt64,
    _ type: Record.Type,
    _ first: UnsafeRawBufferPointer,
    _ second: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
  ) throws(StoreError) {
    try type.checkStored(first)
    try type.checkStored(second)
    appendMessage(field, first, second)
  }

  /// Appends a stored record.
  mutating func appendStored<Record: Message>(
    _ field: UInt64,
    _ type: Record.Type,
    _ bytes: [UInt8]
  ) throws {
    try bytes.withUnsafeBytes { try appendStored(field, type, $0) }
  }

  /// Appends an event as it is stored, with the title that it lacks; see ``EventTitles``.
  mutating func appendEvent(
    _ field: UInt64,
    _ entry: borrowing StoreReader.TimelineEntry,
    _ title: [UInt8]
  ) throws(StoreError) {
    try Event.checkStored(entry.body)
    title.withUnsafeBytes { title in appendMessage(field, entry.body, title) }
  }

  /// Appends an order as it is stored; of one that is larger than an answer should be, what a list
  /// has room for. See ``OrderParts``.
  mutating func appendOrder(_ field: UInt64, _ body: UnsafeRawBufferPointer) throws {
    guard OrderParts.isLarge(body.count) else { return try appendStored(field, Order.self, body) }
    appendMessage(field, try OrderParts(Array(body)).overview())
  }

  /// Appends a sub-message.
  mutating func appendMessage(_ field: UInt64, _ bytes: [UInt8]) {
    bytes.withUnsafeBytes { appendMessage(field, $0) }
  }

  /// Appends a sub-message.
  mutating func appendMessage<Field: Message>(_ field: UInt64, _ message: Field) throws {
    appendMessage(field, try message.encoded())
  }

  /// Appends a number that is not negative; 0 is not sent.
  mutating func appendNumber(_ field: UInt64, _ value: Int64) {
    guard value != 0 else { return }
    appendVarint(field << 3)
    appendVarint(UInt64(bitPattern: value))
  }

  /// Appends a string; the empty one is not sent.
  mutating func appendString(_ field: UInt64, _ text: String) {
    guard !text.isEmpty else { return }
    appendMessage(field, Array(text.utf8))
  }
}

extension ResponseBuffer {
  /// Appends a stored customer.
  mutating func appendCustomer(_ field: UInt64, _ row: CustomerRow) {
    row.body.withUnsafeBytes { body in
      row.stats.withUnsafeBytes { appendMessage(field, body, $0) }
    }
  }
}

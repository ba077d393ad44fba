package import PatronCore
internal import PatronModel
internal import PatronProto
package import PatronStore
internal import ProtoWire
internal import ProtobufC

/// A writer of customers as JSON, one customer a line. One value serves all rows of an export, so
/// that a row needs almost no allocation.
package struct CustomerLines: ~Copyable {
  /// The lines written since the last ``take()``.
  package private(set) var text: [UInt8] = []
  private var customer: [UInt8] = []
  private let arena = Arena()
  private let reader: StoreReader
  private let suppressed: SuppressedCustomers
  private let now: Int64

  package init(_ reader: StoreReader, _ suppressed: SuppressedCustomers, now: Int64) {
    self.reader = reader
    self.suppressed = suppressed
    self.now = now
  }

  /// Adds a row. `record` and `stats` are the two parts of one message. For the few customers with
  /// a suppressed address a third part is computed, because their stored parts would show the
  /// channel as one that can receive marketing.
  package mutating func add(
    _ id: Int64,
    _ record: RawSpan,
    _ stats: RawSpan
  ) throws {
    customer.removeAll(keepingCapacity: true)
    customer.append(record)
    customer.append(stats)
    if suppressed.contains(id, .sms) || suppressed.contains(id, .email) {
      let channels = try ChannelStatuses(
        of: Customer(stored: customer),
        suppressed,
        in: reader,
        at: now
      )
      customer += try Customer.with { $0.channels = channels.marketing }.encoded()
    }
    try Customer.descriptor.appendJSON(packed: customer, in: arena, to: &text)
    text.append(UInt8(ascii: "\n"))
  }

  /// Returns the lines written so far and removes them.
  package mutating func take() -> [UInt8] {
    defer { text.removeAll(keepingCapacity: true) }
    return text
  }
}

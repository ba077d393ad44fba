internal import PatronProto
internal import PatronStore
internal import ProtoWire

/// An encoded order that is larger than an answer should be, cut into parts without decoding it.
/// Each part is an order of its own with everything but the lists of positions, refunds and
/// shipments, and some entries of these; together they have every entry once, in their order.
///
/// Orders of before there was a limit can be this large.
package struct OrderParts {
  private let body: [UInt8]
  /// Everything but the lists.
  private var head: [UInt8] = []
  /// Where the entries of the lists are in ``body``, tags included.
  private var entries: [Range<Int>] = []

  /// Bytes of entries that a part has; one entry always fits.
  private static let partBytes = 1 << 20
  /// Bytes of entries in a list of orders.
  private static let overviewBytes = 256 << 10
  private static let lists: Set<Int> = [
    Order.Field.lineItems, Order.Field.refunds, Order.Field.fulfillments,
  ]
  /// `is_partial = true`, encoded.
  private static let partial: [UInt8] = {
    var bytes: [UInt8] = []
    bytes.appendField(Order.Field.isPartial, varint: 1)
    return bytes
  }()

  /// True when an order of this size is answered in parts.
  package static func isLarge(_ count: Int) -> Bool { count > RecordLimit.order.bytes }

  /// Finds the entries of an encoded order.
  package init(_ body: [UInt8]) throws {
    self.body = body
    do throws(WireError) {
      var reader = ProtoReader(body.span.bytes)
      var start = 0
      while let (field, _) = try reader.next() {
        let range = start..<reader.offset
        if Self.lists.contains(field) { entries.append(range) } else { head += body[range] }
        start = reader.offset
      }
    } catch {
      throw StoreError(error)
    }
  }

  /// What tells this state of the order from another one.
  package var fingerprint: Fingerprint {
    var fingerprint = Fingerprint()
    fingerprint.add(Base64.encode(head, as: .url))
    fingerprint.add(Int64(body.count))
    return fingerprint
  }

  /// The part that begins with an entry, and the entry that the next one begins with; nil for that
  /// on the last part.
  package func part(from first: Int) -> (body: [UInt8], next: Int?) {
    taking(from: first, atMost: Self.partBytes, always: 1)
  }

  /// The order with as many entries as a list of orders has room for.
  package func overview() -> [UInt8] { taking(from: 0, atMost: Self.overviewBytes, always: 0).body }

  private func taking(
    from first: Int,
    atMost most: Int,
    always least: Int
  ) -> (body: [UInt8], next: Int?) {
    var part = head
    var end = max(0, first)
    var bytes = 0
    while end < entries.count {
      bytes += entries[end].count
      guard bytes <= most || end - first < least else { break }
      part += body[entries[end]]
      end += 1
    }
    return (part + Self.partial, end < entries.count ? end : nil)
  }
}

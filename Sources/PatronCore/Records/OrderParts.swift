internal import PatronProto
internal import PatronStore
internal import ProtoWire

/// An encoded order that is too large for one answer, split into parts without decoding it. Each
/// part is an order with all fields except the lists of positions, refunds and shipments, and with
/// some entries of those lists. Together the parts have every entry once, in order.
///
/// Orders from before the limit can be this large.
package struct OrderParts {
  private let body: [UInt8]
  /// The encoded fields other than the lists.
  private var head: [UInt8] = []
  /// The positions of the lists' entries in ``body``, tags included.
  private var entries: [Range<Int>] = []

  /// The maximum of bytes of entries in a part. One entry always fits.
  private static let partBytes = 1 << 20
  /// The maximum of bytes of entries of an order in a list of orders.
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

  /// Returns true if an order of `count` bytes is answered in parts.
  package static func isLarge(_ count: Int) -> Bool { count > RecordLimit.order.bytes }

  /// Finds the entries of an encoded order, without decoding them.
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

  /// The fingerprint of this state of the order, to which tokens of its parts are bound.
  package var fingerprint: Fingerprint {
    var fingerprint = Fingerprint()
    fingerprint.add(Base64.encode(head, as: .url))
    fingerprint.add(Int64(body.count))
    return fingerprint
  }

  /// Returns the part that begins with an entry, and the first entry of the next part; nil for the
  /// last part.
  package func part(from first: Int) -> (body: [UInt8], next: Int?) {
    taking(from: first, atMost: Self.partBytes, always: 1)
  }

  /// Returns the order with as many entries as fit a list of orders.
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

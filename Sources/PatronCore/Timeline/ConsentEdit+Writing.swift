internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

extension ConsentEdit {
  /// Writes what changed: suppressions, ledger and timeline first, then the record, so that what
  /// looks at a record as it is written sees all of it.
  package mutating func write() throws {
    guard !isEmpty else { return }
    for (channel, address, reason) in lifted {
      try writer.removeSuppression(channel, of: address, reason: reason)
    }
    try changes.record(in: &customer, writer, at: now)
    customer.updatedAt = .init(micros: now)
    customer.etag = String(try writer.nextID())
    row.updatedAt = now
    row.body = try customer.encoded()
    try changes.tell(of: &row, in: writer, at: now, except: toldBy)
    try writer.update(row, replacing: old)
  }
}

internal import PatronModel
internal import PatronProto
internal import PatronStore

extension ConsentEdit {
  /// Writes the changes; does nothing if there are none. An opt-out is never refused for the size
  /// of its record.
  package mutating func write() throws {
    guard !isEmpty else { return }
    for (channel, address, reason) in lifted {
      try writer.removeSuppression(channel, of: address, reason: reason)
    }
    var effects = CustomerEffects(
      customer,
      emailKey: row.emailKey,
      over: old,
      stats: row.stats
    )
    effects.consents = changes
    if let reportedBy { effects.consentEvents = .except(type: reportedBy) }
    effects.isBounded = false
    let written = try CustomerWriter(writer, at: now).apply(effects)
    row = written.row
    customer = written.customer
    changes = written.consents
  }
}

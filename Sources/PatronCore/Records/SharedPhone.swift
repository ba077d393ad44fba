internal import PatronModel
internal import PatronProto
package import PatronStore

/// Phone numbers that come with the e-mail addresses of several people. The filter
/// `contact=shared_phone` finds their owners: such a number may be that of a till, and belong in
/// the settings.
///
/// Only hashes of addresses other than the owner's are stored, so that a usual customer costs
/// nothing. The owner's own address counts as one.
package enum SharedPhone {
  /// The number of days for which an address counts.
  package static let days = FilterDays.ofSharedPhone

  /// Records that a phone number came with an e-mail address that is not its owner's. `micros` is
  /// the time of that, in microseconds since 1970; a time after `now` counts as `now`.
  package static func note(
    _ phone: String,
    of ownerID: Int64,
    with emailKey: String,
    at micros: Int64,
    in writer: StoreWriter,
    now: Int64
  ) throws {
    let hashes = SuppressionReader(writer.read)
    let limit = try StoreSettings(of: writer.read).maxEmailsPerPhone + 1
    let isNew = try writer.noteSharedPhone(
      phoneHash: hashes.hash(phone),
      emailHash: hashes.hash(emailKey),
      day: FilterDays.number(min(micros, now)),
      ownerID: ownerID,
      keeping: limit,
      notBefore: FilterDays.number(now) - days
    )
    if isNew { try writer.refreshTerms(of: ownerID) }
  }

  /// Returns the number of the day since which a customer's phone number came with more addresses
  /// than the settings allow, or nil if it did not.
  package static func day(of row: CustomerRow, in reader: StoreReader) throws -> Int64? {
    guard let phone = row.phone, try reader.hasSharedPhones() else { return nil }
    let hashes = SuppressionReader(reader)
    let hash = try hashes.hash(phone)
    let own = try row.emailKey.map { try hashes.hash($0) } ?? []
    func day(_ count: Int) throws -> Int64? {
      try reader.sharedPhoneDay(phoneHash: hash, ownEmailHash: own, count: count)
    }
    guard try day(1) != nil else { return nil }
    let limit = try StoreSettings(of: reader).maxEmailsPerPhone
    return try day(row.emailKey == nil ? limit + 1 : limit)
  }

  /// Deletes the records of shared numbers that contain an address of an erased customer.
  package static func forget(_ names: ErasedNames, in writer: StoreWriter) throws {
    guard try writer.read.hasSharedPhones() else { return }
    let hashes = SuppressionReader(writer.read)
    for (channel, address) in names.addresses {
      let hash = try hashes.hash(address)
      switch channel {
      case .sms: try writer.forgetSharedPhone(phoneHash: hash)
      case .email: try list(writer.forgetSharedPhones(emailHash: hash), in: writer)
      }
    }
  }

  /// Recomputes the terms of all owners after a change of the setting.
  package static func refresh(in writer: StoreWriter) throws {
    try list(writer.read.sharedPhoneOwners(), in: writer)
  }

  /// Recomputes the terms of the owners.
  private static func list(_ owners: [Int64], in writer: StoreWriter) throws {
    for id in owners {
      // The id of a customer that was merged since finds the customer it was merged into.
      guard let row = try writer.read.customerRow(.id(id)) else { continue }
      try writer.refreshTerms(of: row.id)
    }
  }
}

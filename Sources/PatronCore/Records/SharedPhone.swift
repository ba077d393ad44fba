internal import PatronModel
internal import PatronProto
package import PatronStore

/// Phone numbers that come with the e-mail addresses of several people. Their owners are told by
/// the filter `contact=shared_phone`: a number of a till, perhaps, which belongs into the settings.
///
/// Only addresses that are not the owner's are kept, hashed: the usual customer costs nothing. The
/// owner's own counts as one.
package enum SharedPhone {
  /// How long an address counts.
  package static let days: Int64 = 365

  /// Notes that the owner of a phone number is not who has the e-mail address.
  package static func note(
    _ phone: String,
    of ownerID: Int64,
    with emailKey: String,
    at micros: Int64,
    in writer: StoreWriter,
    now: Int64
  ) throws {
    let hashes = SuppressionReader(writer.read)
    let limit = try StoreSettings(of: writer.read).mostEmailsOfPhone + 1
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

  /// The day since which the number of a customer came with more addresses than the settings allow;
  /// nil where it did not.
  package static func day(of row: CustomerRow, in reader: StoreReader) throws -> Int64? {
    guard let phone = row.phone, try reader.hasSharedPhones() else { return nil }
    let hashes = SuppressionReader(reader)
    let hash = try hashes.hash(phone)
    let own = try row.emailKey.map { try hashes.hash($0) } ?? []
    func day(_ count: Int) throws -> Int64? {
      try reader.sharedPhoneDay(phoneHash: hash, ownEmailHash: own, count: count)
    }
    guard try day(1) != nil else { return nil }
    let limit = try StoreSettings(of: reader).mostEmailsOfPhone
    return try day(row.emailKey == nil ? limit + 1 : limit)
  }

  /// Forgets what came with the addresses of a customer who is erased.
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

  /// Lists the owners anew after the setting changed.
  package static func refresh(in writer: StoreWriter) throws {
    try list(writer.read.sharedPhoneOwners(), in: writer)
  }

  /// Lists customers by what is known of their numbers now.
  private static func list(_ owners: [Int64], in writer: StoreWriter) throws {
    for id in owners {
      // Who was merged since is meant by the one who stayed.
      guard let row = try writer.read.customerRow(.id(id)) else { continue }
      try writer.refreshTerms(of: row.id)
    }
  }
}

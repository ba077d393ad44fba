/// A customer as the store keeps it: what is looked up by, and two parts of one encoded message.
package struct CustomerRow: Sendable {
  /// Patron's id.
  package var id: Int64
  /// The shop's identifier.
  package var externalID: String?
  /// The e-mail address in the form that is compared.
  package var emailKey: String?
  /// The phone number, E.164.
  package var phone: String?
  /// When the body last changed, microseconds since 1970.
  package var updatedAt: Int64
  /// The encoded record without the fields of ``stats``.
  package var body: [UInt8]
  /// The encoded fields that orders and events change.
  package var stats: [UInt8]
  /// Who set which field, encoded. Nil is not read, and stays as it is when the row is written.
  package var provenance: [UInt8]?

  /// A row to be written.
  package init(
    id: Int64,
    externalID: String?,
    emailKey: String?,
    phone: String?,
    updatedAt: Int64,
    body: [UInt8],
    stats: [UInt8] = [],
    provenance: [UInt8]? = nil
  ) {
    self.id = id
    self.externalID = externalID
    self.emailKey = emailKey
    self.phone = phone
    self.updatedAt = updatedAt
    self.body = body
    self.stats = stats
    self.provenance = provenance
  }
}

/// An identifier by which a customer is found: one that it has now, or had before a merge.
package enum CustomerKey: Sendable, Equatable {
  /// Patron's id.
  case id(Int64)
  /// The shop's identifier, now or before.
  case externalID(String)
  /// The e-mail address in the form that is compared.
  case email(key: String)
  /// The phone number, E.164.
  case phone(String)
  /// A phone number as it is written in the store's country. Who looks it up reads it as one of
  /// that country first: as it stands it finds nobody.
  case national(phone: String, path: String)
}

/// A customer, as stored: its identifiers, and two parts of one encoded `patron.v1.Customer`.
package struct CustomerRow: Sendable {
  package var id: Int64
  /// The shop's identifier.
  package var externalID: String?
  /// The e-mail address in its compared form (`EmailAddress.key`).
  package var emailKey: String?
  /// The phone number, in E.164 form.
  package var phone: String?
  /// The time of the last change of `body`, in microseconds since 1970.
  package var updatedAt: Int64
  /// The encoded customer without the fields of ``stats``.
  package var body: [UInt8]
  /// The encoded fields that orders and events change.
  package var stats: [UInt8]
  /// The encoded provenance of the fields. Nil if it was not loaded; an update then leaves the
  /// stored column unchanged.
  package var provenance: [UInt8]?

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

/// An identifier of a customer. Raw values are the names of the fields in the protocol.
package enum IdentifierField: String, Sendable, Hashable, CaseIterable {
  /// The shop's identifier.
  case externalID = "external_id"
  /// The e-mail address.
  case email = "email"
  /// The phone number.
  case phone = "phone_number"
}

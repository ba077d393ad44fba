package import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// Addresses of an input that the store's settings say are nobody's, such as the phone number of a
/// till. They find no customer and become nobody's; orders and events keep them as their contact.
package struct SharedAddresses: Sendable {
  /// E-mail address and phone number as they are shown; nil where none is shared.
  private(set) var contact: Contact?
  /// The fields that held them.
  package private(set) var fields: [IdentifierField] = []

  fileprivate mutating func take(_ field: IdentifierField, _ set: (inout Contact) -> Void) {
    var all = contact ?? Contact()
    set(&all)
    contact = all
    fields.append(field)
  }

  /// The refusal of an input that names nobody else; nil where nothing was taken out of it.
  package var refusal: DomainError? {
    guard let field = fields.first else { return nil }
    return .reason(
      .failedPrecondition,
      "IDENTIFIER_SHARED",
      "The store's settings say that \(field.rawValue) is nobody's own, and nothing else names a "
        + "customer who is known. Give another identifier.",
      metadata: ["field": field.rawValue]
    )
  }
}

extension CustomerDraft {
  /// Takes out the addresses that are nobody's.
  mutating func takeShared(in reader: StoreReader) throws -> SharedAddresses {
    var taken = SharedAddresses()
    let given = identifiers
    guard given.emailKey != nil || given.phone != nil else { return taken }
    let shared = try StoreSettings.sharedIdentifiers(in: reader)
    guard !shared.isEmpty else { return taken }
    if let email = email.value, shared.contains(email.key) {
      taken.take(.email) { $0.email = email.display }
      drop(.email)
      // Shops send the address as the external id of guests.
      if let id = externalID.value, id == email.key || id.lowercased() == email.key {
        drop(.externalID)
      }
    }
    if let phone = phone.value, shared.contains(phone.e164) {
      taken.take(.phone) { $0.phoneNumber = phone.e164 }
      drop(.phone)
    }
    return taken
  }
}

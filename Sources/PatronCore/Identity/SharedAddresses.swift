package import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// Addresses of an input that belong to no single customer by the store's settings, such as the
/// phone number of a till. They identify no customer and are not stored with one; orders and events
/// keep them as their contact.
package struct SharedAddresses: Sendable {
  /// The e-mail address and phone number in their displayed form; nil if neither is shared.
  private(set) var contact: Contact?
  /// The identifiers that were removed from the input.
  package private(set) var fields: [IdentifierField] = []

  fileprivate mutating func take(_ field: IdentifierField, _ set: (inout Contact) -> Void) {
    var all = contact ?? Contact()
    set(&all)
    contact = all
    fields.append(field)
  }

  /// The refusal of an input without any other identifier of a known customer; nil if no address
  /// was removed.
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
  /// Removes the shared addresses from the draft and returns them.
  mutating func takeShared(in reader: StoreReader) throws -> SharedAddresses {
    var taken = SharedAddresses()
    let given = identifiers
    guard given.emailKey != nil || given.phone != nil else { return taken }
    let shared = try StoreSettings.sharedIdentifiers(in: reader)
    guard !shared.isEmpty else { return taken }
    if let email = email.value, shared.contains(email.key) {
      taken.take(.email) { $0.email = email.display }
      drop(.email)
      // Shops send the e-mail address as the external id of guests.
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

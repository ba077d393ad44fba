internal import PatronModel
package import PatronProto
package import PatronStore

extension CustomerRef {
  /// Returns the key of the reference. Pass it through ``CustomerKey/resolved(in:)`` before a
  /// lookup.
  ///
  /// - Throws: `REF_MISSING` for an empty reference, and the violations of its e-mail address or
  ///   phone number under `path`.
  package func key(path: String = "customer") throws(DomainError) -> CustomerKey {
    var violations = Violations()
    let key: CustomerKey?
    switch ref {
    case .id(let id):
      key = .id(id)
    case .externalID(let text):
      // The rules for new identifiers do not apply: an unknown identifier is simply not found.
      key = .externalID(ExternalID.lookedUp(text))
    case .email(let text):
      key = violations.check("\(path).email") { () throws(RuleError) in
        .email(key: try EmailAddress(text).key)
      }
    case .phoneNumber(let text):
      key = violations.check("\(path).phone_number") { () throws(RuleError) in
        try Self.phone(text, path)
      }
    case nil:
      throw .invalid(
        path,
        "REF_MISSING",
        "No customer is named: give one of id, external_id, email and phone_number."
      )
    }
    guard let key else { throw .invalid(violations.errors) }
    return key
  }

  /// Returns the key of a phone number. A number without a country needs the store's country, so it
  /// becomes a national key until the store is read.
  private static func phone(_ text: String, _ path: String) throws(RuleError) -> CustomerKey {
    do throws(RuleError) {
      return .phone(try PhoneNumber(naming: text).e164)
    } catch {
      guard error.reason == PhoneNumber.countryMissing else { throw error }
      return .national(phone: text, path: path)
    }
  }
}

extension CustomerKey {
  /// Returns a key that can be looked up: a phone number without a country is completed with the
  /// store's country. The settings are read only for such a number.
  ///
  /// - Throws: INVALID_ARGUMENT with the reasons of ``PhoneNumber``.
  package func resolved(in reader: StoreReader) throws -> CustomerKey {
    guard case .national(let text, let path) = self else { return self }
    let country = try StoreSettings(of: reader).country
    do throws(RuleError) {
      return .phone(try PhoneNumber(naming: text, in: country).e164)
    } catch {
      throw DomainError.invalid([Violation(path: "\(path).phone_number", error: error)])
    }
  }
}

extension DomainError {
  /// The refusal of a reference that matches no customer. It does not repeat the reference, which
  /// may be an address.
  package static let customerNotFound = reason(
    .notFound,
    "CUSTOMER_NOT_FOUND",
    "No customer of this store has that identifier; check it, and the store."
  )
}

internal import PatronModel
package import PatronProto
package import PatronStore

extension CustomerRef {
  /// What the store is asked for, once it is ``CustomerKey/resolved(in:)``.
  package func key(path: String = "customer") throws(DomainError) -> CustomerKey {
    var violations = Violations()
    let key: CustomerKey?
    switch ref {
    case .id(let id):
      key = .id(id)
    case .externalID(let text):
      // Not held to the rules for new identifiers: an unknown one is simply not found.
      key = .externalID((try? ExternalID(text).value) ?? text)
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

  /// A number without a country is the store's, which only a look at the store tells.
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
  /// The key by which somebody can be found: a phone number without a country is one of the
  /// store's. The settings are read for such a number only.
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
  /// The reference fits no customer. What it was is not repeated: it may be an address.
  package static let customerNotFound = reason(
    .notFound,
    "CUSTOMER_NOT_FOUND",
    "No customer of this store has that identifier; check it, and the store."
  )
}

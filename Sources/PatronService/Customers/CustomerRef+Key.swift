internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import TTRPC

extension CustomerRef {
  /// What the store is asked for.
  func key(path: String = "customer") throws(RPCError) -> CustomerKey {
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
        .phone(try Self.number(text).e164)
      }
    case nil:
      throw .invalid(
        path, "REF_MISSING",
        "No customer is named: give one of id, external_id, email and phone_number.")
    }
    guard let key else { throw .invalid(violations.errors) }
    return key
  }

  /// References are in E.164 form: requests that only name a customer have no default country.
  private static func number(_ text: String) throws(RuleError) -> PhoneNumber {
    do throws(RuleError) {
      return try PhoneNumber(text)
    } catch {
      guard error.reason == PhoneNumber.countryMissing else { throw error }
      throw RuleError(
        reason: error.reason,
        message: "The phone number has no country. Expected is E.164, e.g. +14155550100: begin it "
          + "with + and the calling code. A default country is not used to look customers up.",
        given: text)
    }
  }
}

extension RPCError {
  /// The reference fits no customer. What it was is not repeated: it may be an address.
  static let customerNotFound = reason(
    .notFound, "CUSTOMER_NOT_FOUND",
    "No customer of this store has that identifier; check it, and the store.")
}

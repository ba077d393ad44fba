/// The three identifiers of a customer, in canonical form. Each is unique in a store.
package struct Identifiers: Sendable, Hashable {
  /// The shop's identifier, opaque and case-sensitive.
  package var externalID: String?
  /// The e-mail address in its compared form: lower case, domain in ASCII.
  package var emailKey: String?
  /// The phone number in E.164 form.
  package var phone: String?

  /// Makes identifiers; nil means not given.
  package init(externalID: String? = nil, emailKey: String? = nil, phone: String? = nil) {
    self.externalID = externalID
    self.emailKey = emailKey
    self.phone = phone
  }
}

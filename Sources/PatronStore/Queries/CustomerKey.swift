/// An identifier to look a customer up by. A former identifier, an alias, finds it too.
package enum CustomerKey: Sendable, Hashable {
  case id(Int64)
  /// The shop's identifier, present or former.
  case externalID(String)
  /// The e-mail address in its compared form (`EmailAddress.key`).
  case email(key: String)
  /// The phone number, in E.164 form.
  case phone(String)
  /// A phone number in national spelling. The caller must first read it as a number of the store's
  /// country; a look-up by this key finds no customer.
  case national(phone: String, path: String)
}

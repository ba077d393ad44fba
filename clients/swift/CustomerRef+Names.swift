public import PatronProto

extension CustomerRef {
  /// Names a customer by Patron's id.
  public static func id(_ id: Int64) -> CustomerRef { .with { $0.ref = .id(id) } }

  /// Names a customer by the shop's identifier.
  public static func externalID(_ id: String) -> CustomerRef { .with { $0.ref = .externalID(id) } }

  /// Names a customer by e-mail address, without regard to case.
  public static func email(_ address: String) -> CustomerRef { .with { $0.ref = .email(address) } }

  /// Names a customer by phone number. A number without `+` is read as one of the store's default
  /// country.
  public static func phoneNumber(_ number: String) -> CustomerRef {
    .with { $0.ref = .phoneNumber(number) }
  }
}

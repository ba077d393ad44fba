public import PatronProto

/// Ways to name a customer.
extension CustomerRef {
  /// By Patron's id.
  public static func id(_ id: Int64) -> CustomerRef { .with { $0.ref = .id(id) } }

  /// By the shop's identifier.
  public static func externalID(_ id: String) -> CustomerRef { .with { $0.ref = .externalID(id) } }

  /// By e-mail address, without regard to case.
  public static func email(_ address: String) -> CustomerRef { .with { $0.ref = .email(address) } }

  /// By phone number in E.164 form.
  public static func phoneNumber(_ number: String) -> CustomerRef {
    .with { $0.ref = .phoneNumber(number) }
  }
}

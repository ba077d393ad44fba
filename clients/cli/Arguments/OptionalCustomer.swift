import ArgumentParser
import PatronClient

/// The flags that name one existing customer or none; at most one of the four is accepted.
struct OptionalCustomer: ParsableArguments {
  @Option(help: "Id in Patron.")
  var id: Int64?

  @Option(help: ArgumentHelp("The shop's identifier.", valueName: "id"))
  var externalId: String?

  @Option(help: ArgumentHelp("E-mail address.", valueName: "address"))
  var email: String?

  @Option(
    help: ArgumentHelp("Phone number; without `+` in the store's country.", valueName: "number")
  )
  var phone: String?

  func validate() throws {
    let given = [id != nil, externalId != nil, email != nil, phone != nil].count { $0 }
    guard given <= 1 else {
      throw ValidationError(
        "Name the customer by at most one of --id, --external-id, --email and --phone."
      )
    }
  }

  /// The customer, or nil if none is named.
  var reference: CustomerRef? {
    if let id { return .id(id) }
    if let externalId { return .externalID(externalId) }
    if let email { return .email(email) }
    return phone.map { .phoneNumber($0) }
  }
}

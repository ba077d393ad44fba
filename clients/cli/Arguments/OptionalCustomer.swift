import ArgumentParser
import PatronClient

/// Names one customer that exists, or nobody: at most one of the four.
struct OptionalCustomer: ParsableArguments {
  @Option(help: "Patron's id.")
  var id: Int64?

  @Option(help: ArgumentHelp("The shop's identifier.", valueName: "id"))
  var externalId: String?

  @Option(help: ArgumentHelp("E-mail address.", valueName: "address"))
  var email: String?

  @Option(
    help: ArgumentHelp("Phone number; without `+` one of the store's country.", valueName: "number")
  )
  var phone: String?

  func validate() throws {
    let given = [id != nil, externalId != nil, email != nil, phone != nil].count { $0 }
    guard given <= 1 else {
      throw ValidationError(
        "Name one customer by --id, --external-id, --email or --phone, or none of them for all."
      )
    }
  }

  /// nil when nobody is named.
  var reference: CustomerRef? {
    if let id { return .id(id) }
    if let externalId { return .externalID(externalId) }
    if let email { return .email(email) }
    return phone.map { .phoneNumber($0) }
  }
}

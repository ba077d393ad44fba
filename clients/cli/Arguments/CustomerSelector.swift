import ArgumentParser
import PatronClient

/// The flags that name one existing customer; exactly one of the four is required.
struct CustomerSelector: ParsableArguments {
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
    guard given == 1 else {
      throw ValidationError(
        "Name the customer by exactly one of --id, --external-id, --email and --phone."
      )
    }
  }

  /// True if the customer is named by an e-mail address or phone number.
  var isAddress: Bool { email != nil || phone != nil }

  var reference: CustomerRef {
    if let id { return .id(id) }
    if let externalId { return .externalID(externalId) }
    if let email { return .email(email) }
    return .phoneNumber(phone ?? "")
  }
}

/// The flags that name the customer of an event or order. An unknown customer is created, unless
/// named by id.
struct WrittenCustomer: ParsableArguments {
  @Option(help: "Id in Patron of an existing customer; excludes the other identifiers.")
  var id: Int64?

  @Option(help: ArgumentHelp("The shop's identifier.", valueName: "id"))
  var externalId: String?

  @Option(help: ArgumentHelp("E-mail address.", valueName: "address"))
  var email: String?

  @Option(help: ArgumentHelp("Phone number.", valueName: "number"))
  var phone: String?

  @Option(help: "First name, used if none is stored.")
  var firstName: String?

  @Option(help: "Last name, used if none is stored.")
  var lastName: String?

  var isEmpty: Bool { id == nil && externalId == nil && email == nil && phone == nil }

  func check() throws {
    guard !isEmpty else {
      throw ValidationError(
        "Name the customer by --id, --external-id, --email or --phone."
      )
    }
    guard id == nil || externalId == nil && email == nil && phone == nil else {
      throw ValidationError("--id excludes --external-id, --email and --phone.")
    }
  }

  /// Returns the customer of a request. Requests take no id, so a customer named by id is fetched
  /// first.
  func input(_ session: Session) async throws -> CustomerInput {
    var input = CustomerInput()
    input.firstName = firstName
    input.lastName = lastName
    guard let id else {
      input.externalID = externalId
      input.email = email
      input.phoneNumber = phone
      return input
    }
    let request = GetCustomerRequest.with {
      $0.storeID = session.storeID
      $0.customer = .id(id)
    }
    let response = try await session.timed(CustomerService.getCustomer.method) {
      try await session.client.customers.getCustomer(request, options: session.call)
    }
    input.externalID = response.customer?.externalID
    if input.externalID == nil { input.email = response.customer?.email }
    if input.externalID == nil && input.email == nil {
      input.phoneNumber = response.customer?.phoneNumber
    }
    return input
  }
}

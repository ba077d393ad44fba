internal import PatronModel
internal import PatronProto
package import PatronStore

extension CustomerDraft {
  /// Refuses to create a customer with an address of an erased customer, unless the store allows
  /// that. Only creations check this, and only stores with erasures look the addresses up.
  ///
  /// - Throws: FAILED_PRECONDITION `ADDRESS_ERASED`, with the field's name.
  func refuseErasedAddresses(in writer: StoreWriter) throws {
    let given = identifiers
    for (field, address) in [
      (IdentifierField.email, given.emailKey), (IdentifierField.phone, given.phone),
    ] {
      guard let address, try writer.wasErased(address) else { continue }
      if try StoreSettings(of: writer.read).allowRecreateAfterErasure == true { return }
      throw DomainError.reason(
        .failedPrecondition,
        "ADDRESS_ERASED",
        "\(field.rawValue) was that of a customer who was erased, and the store's settings do not "
          + "let it become a customer again. Set allow_recreate_after_erasure where the person "
          + "came back.",
        metadata: ["field": field.rawValue]
      )
    }
  }
}

extension DomainError {
  /// Returns the refusal of a reference that matches no customer: `CUSTOMER_ERASED` if it is the id
  /// of an erased customer, else `CUSTOMER_NOT_FOUND`.
  package static func customerNotFound(
    _ key: CustomerKey,
    in reader: StoreReader
  ) throws -> DomainError {
    guard case .id(let id) = key, try reader.erasureID(ofCustomer: id) != nil else {
      return customerNotFound
    }
    return customerErased(.notFound, id)
  }

  /// Returns the refusal for the id of an erased customer. Its orders and events cannot be changed
  /// any more either.
  package static func customerErased(_ kind: DomainError.Kind, _ id: Int64) -> DomainError {
    reason(
      kind,
      "CUSTOMER_ERASED",
      "Customer \(id) was erased. What stayed of orders and events cannot be changed any more.",
      metadata: ["customer_id": String(id)]
    )
  }
}

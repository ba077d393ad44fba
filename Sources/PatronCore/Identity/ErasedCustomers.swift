internal import PatronModel
internal import PatronProto
package import PatronStore

extension CustomerDraft {
  /// Refuses to make a new customer with an address of an erased one, where the store does not
  /// allow that. Only creations ask, and only in stores that erased somebody.
  ///
  /// - Throws: FAILED_PRECONDITION `ADDRESS_ERASED`, which names the field.
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
  /// A reference that fits no customer: an id may be that of one who was erased.
  package static func customerNotFound(
    _ key: CustomerKey,
    in reader: StoreReader
  ) throws -> DomainError {
    guard case .id(let id) = key, try reader.erasureID(ofCustomer: id) != nil else {
      return customerNotFound
    }
    return customerErased(.notFound, id)
  }

  /// The customer with this id was erased. Its orders and events are not changed any more either.
  package static func customerErased(_ kind: DomainError.Kind, _ id: Int64) -> DomainError {
    reason(
      kind,
      "CUSTOMER_ERASED",
      "Customer \(id) was erased. What stayed of orders and events cannot be changed any more.",
      metadata: ["customer_id": String(id)]
    )
  }
}

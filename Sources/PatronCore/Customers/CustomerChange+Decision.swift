internal import PatronModel
internal import PatronProto
internal import PatronStore

extension CustomerChange {
  /// The decision on a plan: the effects to write, and the answer to the caller.
  struct Decision {
    /// The effects to write; nil if the customer stays as stored.
    let effects: CustomerEffects?
    private let stored: (row: CustomerRow, customer: Customer)?
    /// The record before the change; empty for a new customer.
    let before: Customer
    let outcome: Outcome
    let changedFields: [String]
    var warnings: [Warning]
    /// The addresses that the change replaces.
    var moves: [AddressChange] = []
    /// The external id that becomes an alias.
    var previousExternalID: String?

    init(
      effects: CustomerEffects,
      before: Customer,
      outcome: Outcome,
      changedFields: [String],
      warnings: [Warning]
    ) {
      self.effects = effects
      stored = nil
      self.before = before
      self.outcome = outcome
      self.changedFields = changedFields
      self.warnings = warnings
    }

    /// Makes a decision that changes nothing.
    init(stored: (row: CustomerRow, customer: Customer), warnings: [Warning]) {
      effects = nil
      self.stored = stored
      before = stored.customer
      outcome = .unchanged
      changedFields = []
      self.warnings = warnings
    }

    /// Returns the result as a dry run shows it.
    ///
    /// - Throws: FAILED_PRECONDITION `CUSTOMER_TOO_LARGE`.
    func preview(at now: Int64) throws -> Result {
      let row = try effects?.preview(at: now) ?? stored?.row
      guard let row, let customer = effects?.customer ?? stored?.customer else {
        throw DomainError.unexpected
      }
      return Result(
        row: row,
        customer: customer,
        outcome: outcome,
        changedFields: changedFields,
        warnings: warnings
      )
    }
  }
}

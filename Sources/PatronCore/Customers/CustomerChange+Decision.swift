internal import PatronModel
internal import PatronProto
internal import PatronStore

extension CustomerChange {
  /// The decision on a plan: the effects to write, and the answer to the caller.
  struct Decision: ~Copyable {
    /// The record that the change leaves.
    enum Target: ~Copyable {
      /// The effects to write.
      case effects(CustomerEffects)
      /// The customer stays as stored.
      case stored(CustomerRow)
    }

    let target: Target
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
      effects: consuming CustomerEffects,
      before: Customer,
      outcome: Outcome,
      changedFields: [String],
      warnings: [Warning]
    ) {
      target = .effects(effects)
      self.before = before
      self.outcome = outcome
      self.changedFields = changedFields
      self.warnings = warnings
    }

    /// Makes a decision that changes nothing.
    init(stored: (row: CustomerRow, customer: Customer), warnings: [Warning]) {
      target = .stored(stored.row)
      before = stored.customer
      outcome = .unchanged
      changedFields = []
      self.warnings = warnings
    }

    /// The customer as stored; nil if it is new, or stays as it is.
    var replaced: CustomerRow? {
      switch target {
      case .effects(let effects): effects.old
      case .stored: nil
      }
    }

    /// Returns the result as a dry run shows it.
    ///
    /// - Throws: FAILED_PRECONDITION `CUSTOMER_TOO_LARGE`.
    func preview(at now: Int64) throws -> Result {
      switch target {
      case .effects(let effects): result(try effects.preview(at: now), effects.customer)
      case .stored(let row): result(row, before)
      }
    }

    /// Writes the effects and returns the result.
    ///
    /// - Throws: FAILED_PRECONDITION `CUSTOMER_TOO_LARGE`.
    func write(in writer: StoreWriter, at now: Int64) throws -> Result {
      switch target {
      case .effects(let effects):
        let written = try CustomerWriter(writer, at: now).apply(effects)
        return result(written.row, written.customer)
      case .stored(let row): return result(row, before)
      }
    }

    private func result(_ row: CustomerRow, _ customer: Customer) -> Result {
      Result(
        row: row,
        customer: customer,
        outcome: outcome,
        changedFields: changedFields,
        warnings: warnings
      )
    }
  }
}

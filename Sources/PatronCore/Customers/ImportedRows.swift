package import PatronModel
package import PatronProto
internal import ProtobufC

/// A row of an import, checked by itself.
package struct ImportedRow: Sendable {
  package var change: CustomerChange
  /// The number of the row, from 1.
  package var number: Int32

  package init(
    change: CustomerChange,
    number: Int32
  ) {
    self.change = change
    self.number = number
  }
}

/// The rows of one request that were taken, by customer. A later row of the same customer is
/// reported with the first row's number.
package struct ImportedRows: Sendable {
  private var first: [Int64: Int32] = [:]
  /// Customers that a dry run made. Their ids will be given to other customers.
  private var untrue: Set<Int64> = []

  package init() {}

  /// Notes a row that was taken. Returns a warning if an earlier row named the same customer.
  package mutating func take(_ row: ImportedRow, of customerID: Int64, isUntrue: Bool) -> Warning? {
    if isUntrue { untrue.insert(customerID) }
    guard let number = first[customerID] else {
      first[customerID] = row.number
      return nil
    }
    return .with {
      $0.reason = "DUPLICATE_ROW"
      $0.field = "customer"
      $0.message = "Row \(number) is about the same customer; both were taken, one after the other."
    }
  }

  /// Returns the id for callers; 0 for customers of a dry run.
  package func shown(_ customerID: Int64) -> Int64 { untrue.contains(customerID) ? 0 : customerID }

  /// Returns the error for a row that names another customer.
  package func refusal(of row: ImportedRow, _ mismatch: IdentifierMismatch) -> DomainError {
    let field = mismatch.field.rawValue
    let other = shown(mismatch.ownerID)
    var metadata = ["field": field, "row": String(row.number), "customer_id": String(other)]
    var place = "customer \(other)"
    if let number = first[mismatch.ownerID] {
      metadata["other_row"] = String(number)
      place = "row \(number)"
    }
    return .reason(
      .failedPrecondition,
      IdentityRequest.mismatchReason,
      "\(field) of row \(row.number) does not fit the customer whom its identifiers name: see "
        + "\(place). Correct the row, or leave \(field) out with on_mismatch ON_MISMATCH_KEEP.",
      metadata: metadata
    )
  }
}

/// The error of a row that names two people, or would replace an identifier of the customer that
/// another identifier found.
package struct IdentifierMismatch: Error {
  package var field: IdentifierField
  var ownerID: Int64
}

package import PatronModel
package import PatronProto
internal import ProtobufC

/// A row of an import, checked by itself.
package struct ImportedRow: Sendable {
  package var change: CustomerChange
  /// Its number, from 1.
  package var number: Int32

  package init(
    change: CustomerChange,
    number: Int32
  ) {
    self.change = change
    self.number = number
  }
}

/// The rows of one request that were taken, by customer: what comes again is told with its row.
package struct ImportedRows {
  private var first: [Int64: Int32] = [:]
  /// Customers whom a dry run made: their ids are given again, to others.
  private var untrue: Set<Int64> = []

  package init() {}

  /// Notes a row that was taken. Returns what the caller should know: that it names the customer of
  /// a row before.
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

  /// The id as callers may keep it; 0 for customers of a dry run.
  package func shown(_ customerID: Int64) -> Int64 { untrue.contains(customerID) ? 0 : customerID }

  /// The refusal of a row that names somebody else.
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

/// A row names two people, or would replace an identifier of the customer whom another one found.
package struct IdentifierMismatch: Error {
  package var field: IdentifierField
  var ownerID: Int64
}

internal import PatronModel

extension DomainError {
  /// The error for an id that names no merge, or a merge whose customer was erased.
  static let mergeNotFound = reason(
    .notFound,
    "MERGE_NOT_FOUND",
    "No merge of this store has that id; check it, and the store. What was erased since cannot be "
      + "unmerged."
  )

  /// Returns the error for a merge that was undone before.
  static func mergeUndone(_ id: Int64) -> DomainError {
    reason(
      .failedPrecondition,
      "MERGE_UNDONE",
      "The merge \(id) was undone already: both customers are there.",
      metadata: ["merge_id": String(id)]
    )
  }

  /// Returns the error for a merge whose journal is not kept any more.
  static func unmergeTooLate(_ id: Int64) -> DomainError {
    let days = MergeJournal.lifetime / (24 * 3600 * 1_000_000)
    return reason(
      .failedPrecondition,
      "UNMERGE_TOO_LATE",
      "The merge \(id) is more than \(days) days old. It stays: make a new customer with the "
        + "identifiers that are to be apart.",
      metadata: ["merge_id": String(id), "days": String(days)]
    )
  }

  /// Returns the error for a merge with a later merge of the same customer that is not undone yet.
  /// Merges of one customer are undone in the reverse order.
  static func unmergeOutOfOrder(_ later: Int64) -> DomainError {
    reason(
      .failedPrecondition,
      "UNMERGE_OUT_OF_ORDER",
      "The merged customer was merged again since: undo the merge \(later) first.",
      metadata: ["merge_id": String(later)]
    )
  }

  /// Returns the error for an identifier of one of the two that now belongs to another customer.
  static func unmergeConflict(_ field: IdentifierField, owner: Int64) -> DomainError {
    reason(
      .failedPrecondition,
      "UNMERGE_CONFLICT",
      "\(field.rawValue) belongs to customer \(owner) now, and one of the two had it. Change that "
        + "customer first.",
      metadata: ["field": field.rawValue, "customer_id": String(owner)]
    )
  }

  /// Returns the error for a primary that lost its own addresses since the merge.
  static func unmergeWithoutContact(_ id: Int64) -> DomainError {
    reason(
      .failedPrecondition,
      "UNMERGE_CONFLICT",
      "Customer \(id) would have neither e-mail address nor phone number: those that it has now "
        + "are the other one's. Give it one of its own first.",
      metadata: ["field": "email", "customer_id": String(id)]
    )
  }
}

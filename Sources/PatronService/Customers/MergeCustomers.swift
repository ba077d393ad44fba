internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// A checked MergeCustomers request.
  struct Merge: Sendable {
    var requestID: RequestID
    var primary: CustomerKey
    var secondary: CustomerKey
    var preferences: MergePreferences
    var isPreview: Bool
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareMerge(_ request: MergeCustomersRequest, _ call: CallContext) throws -> Merge {
    var violations = Violations()
    let requestID = try FirstAnswers.check(request, \.requestID, &violations)
    let preferences = MergePreferences(request.preferSecondary, &violations)
    try violations.finish()
    return Merge(
      requestID: requestID,
      primary: try (request.primary ?? CustomerRef()).key(path: "primary"),
      secondary: try (request.secondary ?? CustomerRef()).key(path: "secondary"),
      preferences: preferences,
      isPreview: request.preview
    )
  }

  /// Merges two customers, or previews the merge.
  static func merge(
    _ merge: Merge,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let writer = context.writer
    if merge.isPreview {
      let plan = try plan(merge, writer.read)
      response.appendCustomer(
        MergeCustomersResponse.Field.customer,
        try plan.preview(at: context.now)
      )
      return try response.append(plan.answer(0, plan.customer))
    }
    try FirstAnswers.answer(
      merge.requestID,
      of: CustomerService.mergeCustomers.method,
      in: writer,
      at: context.now,
      with: RecordFields(customers: [MergeCustomersResponse.Field.customer]),
      &response
    ) { response in
      let plan = try plan(merge, writer.read)
      let result = try plan.perform(in: writer, by: .operator, at: context.now)
      response.appendCustomer(MergeCustomersResponse.Field.customer, result.row)
      let start = response.count
      try response.append(plan.answer(result.mergeID, result.customer))
      return AnswerOutcome(
        start: start,
        customers: [result.row.id, plan.secondary.customer.id]
      )
    }
  }

  private static func plan(_ merge: Merge, _ reader: StoreReader) throws -> MergePlan {
    guard let primary = try reader.customerRow(merge.primary.resolved(in: reader)) else {
      throw try DomainError.mergedNotFound("primary", merge.primary, in: reader)
    }
    guard let secondary = try reader.customerRow(merge.secondary.resolved(in: reader)) else {
      throw try DomainError.mergedNotFound("secondary", merge.secondary, in: reader)
    }
    guard primary.id != secondary.id else {
      throw DomainError.invalid(
        "secondary",
        "MERGE_WITH_ITSELF",
        "primary and secondary are both customer \(primary.id). Name another customer; if there "
          + "were two once, they are merged already."
      )
    }
    return try MergePlan(primary, secondary, merge.preferences, in: reader)
  }
}

extension MergePlan {
  /// Returns the answer without the customer.
  fileprivate func answer(_ mergeID: Int64, _ merged: Customer) -> MergeCustomersResponse {
    .with {
      $0.mergeID = mergeID
      $0.eventCount = belongings.events
      $0.orderCount = belongings.orders
      $0.subscriptionChanges = summary(merged)
    }
  }
}

extension DomainError {
  /// Returns the error for one of the two customers that does not exist. It names the field of the
  /// request, never the identifier. An id may belong to an erased customer.
  fileprivate static func mergedNotFound(
    _ field: String,
    _ key: CustomerKey,
    in reader: StoreReader
  ) throws -> DomainError {
    if case .id(let id) = key, try reader.erasureID(ofCustomer: id) != nil {
      return customerErased(.notFound, id)
    }
    return reason(
      .notFound,
      "CUSTOMER_NOT_FOUND",
      "\(field): no customer of this store has that identifier. Check it and the store.",
      metadata: ["field": field]
    )
  }
}

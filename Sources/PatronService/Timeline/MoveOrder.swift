internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension OrderRef {
  /// Finds the named order.
  ///
  /// - Throws: INVALID_ARGUMENT `REF_MISSING`; NOT_FOUND `ORDER_NOT_FOUND`.
  func row(in reader: StoreReader) throws -> OrderRow {
    let row: OrderRow?
    switch ref {
    case .id(let id): row = try reader.order(id: id)
    case .externalID(let text): row = try reader.order(externalID: text)
    case nil: throw Self.missing
    }
    guard let row else { throw DomainError.orderNotFound }
    return row
  }

  fileprivate static let missing = DomainError.invalid(
    "order",
    "REF_MISSING",
    "No order is named: give id or external_id."
  )
}

extension TimelineHandlers {
  /// A checked MoveOrder request.
  struct Moving: Sendable {
    var order: OrderRef
    var customer: CustomerKey
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareMove(_ request: MoveOrderRequest, _ call: CallContext) throws -> Moving {
    let order = request.order ?? OrderRef()
    if order.ref == nil { throw OrderRef.missing }
    return Moving(
      order: order,
      customer: try (request.customer ?? CustomerRef()).key()
    )
  }

  /// Moves an order to another customer.
  static func move(
    _ moving: Moving,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let writer = context.writer
    let row = try moving.order.row(in: writer.read)
    let key = try moving.customer.resolved(in: writer.read)
    guard let target = try writer.read.customerRow(key) else {
      throw try DomainError.customerNotFound(key, in: writer.read)
    }
    guard target.id != row.customerID else {
      return try response.append(
        MoveOrderResponse.with {
          $0.order = try Order(known: row.body)
          $0.outcome = .unchanged
          $0.previousCustomerID = row.customerID
        }
      )
    }
    guard let owner = try writer.read.customerRow(.id(row.customerID)) else {
      throw DomainError.customerErased(.notFound, row.customerID)
    }
    let contribution = try OrderContribution(of: OrderSnapshot(stored: Order(known: row.body)))
    let stats = try CustomerStats(target.stats)
    do throws(RuleError) {
      try stats.check(nil, contribution)
    } catch {
      throw DomainError.reason(.failedPrecondition, error.reason, error.message)
    }
    let result = try OrderMove(row, of: owner, to: target).perform(in: writer, at: context.now)
    try response.append(
      MoveOrderResponse.with {
        $0.order = result.order
        $0.outcome = .updated
        $0.previousCustomerID = owner.id
        $0.eventCount = Int64(result.eventCount)
      }
    )
  }
}

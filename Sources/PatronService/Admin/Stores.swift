internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension AdminHandlers {
  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareCreateStore(
    _ request: CreateStoreRequest,
    _ call: CallContext
  ) throws -> StoreID {
    var violations = Violations()
    requireName(request.storeID, &violations)
    try violations.finish()
    return call.store
  }

  /// Creates a store.
  static func createStore(
    _ store: StoreID,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let made = StoreInfo(try stores(context).create(store))
    try response.append(CreateStoreResponse.with { $0.store = made })
  }

  /// Appends a page of the stores, by name.
  static func listStores(
    _ request: ListStoresRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    let page = try StoreList(
      pageSize: request.pageSize,
      pageToken: request.pageToken,
      by: authority(context.call),
      in: context.transaction,
      at: context.now
    )
    try response.append(
      ListStoresResponse.with {
        $0.stores = page.stores.map { StoreInfo($0) }
        $0.nextPageToken = page.nextPageToken
      }
    )
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareDeleteStore(
    _ request: DeleteStoreRequest,
    _ call: CallContext
  ) throws -> StoreID {
    var violations = Violations()
    requireName(request.storeID, &violations)
    if request.confirmStoreID != request.storeID {
      violations.add(
        "confirm_store_id",
        RuleError(
          reason: "CONFIRMATION_MISMATCH",
          message: "It is not the id of the store. Send `store_id` again, to confirm the deletion."
        )
      )
    }
    try violations.finish()
    return call.store
  }

  /// Deletes a store. The first transaction deletes its keys and refuses all other writes to it;
  /// its data goes in further transactions. The answer is sent after the last.
  static func deleteStore(
    _ store: StoreID,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws -> WriteStep {
    let (before, deletion) = try stores(context).beginDeletion(of: store)
    try response.append(DeleteStoreResponse.with { $0.store = StoreInfo(before) })
    return .more { try step(deletion, $0, &$1) }
  }

  /// Deletes one part of a store. The last appends its time to the response.
  private static func step(
    _ deletion: StoreDeletion,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws -> WriteStep {
    if try deletion.step(in: context.transaction) {
      return .more { try step(deletion, $0, &$1) }
    }
    try response.append(
      DeleteStoreResponse.with { $0.deletedAt = .init(micros: context.now) }
    )
    return .done
  }

  /// A change of the list of stores names its store: the caller's own would be a guess.
  private static func requireName(_ name: String, _ violations: inout Violations) {
    guard name.isEmpty else { return }
    violations.add(
      "store_id",
      RuleError(reason: "FIELD_REQUIRED", message: "No store is named. Say which is meant.")
    )
  }
}

extension StoreInfo {
  /// Creates the answer about a store.
  fileprivate init(_ store: StoreSummary) {
    self.init()
    storeID = store.record.id.name
    if store.record.createdAt > 0 { createdAt = .init(micros: store.record.createdAt) }
    customerCount = store.customerCount
    keyCount = Int32(clamping: store.keyCount)
    deletionBeganAt = store.record.deletedAt.map { .init(micros: $0) }
  }
}

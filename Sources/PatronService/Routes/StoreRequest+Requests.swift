internal import PatronProto
internal import PatronServer

// Every request of the contract names its store in field 1; ContractTests checks this.

extension BatchGetCustomersRequest: StoreRequest {}
extension BatchRecordEventsRequest: StoreRequest {}
extension BatchSyncOrdersRequest: StoreRequest {}
extension BatchUpsertCustomersRequest: StoreRequest {}
extension ConfirmSubscriptionRequest: StoreRequest {}
extension CountCustomersRequest: StoreRequest {}
extension DeleteCustomerRequest: StoreRequest {
  package static var usesReserve: Bool { true }
}
extension DeleteEventRequest: StoreRequest {
  package static var usesReserve: Bool { true }
}
extension DeleteOrderRequest: StoreRequest {
  package static var usesReserve: Bool { true }
}
extension ExportCustomersRequest: StoreRequest {}
extension ExportTimelineRequest: StoreRequest {}
extension GetAddressStatusRequest: StoreRequest {}
extension GetCustomerRequest: StoreRequest {}
extension GetEventRequest: StoreRequest {}
extension GetOrderRequest: StoreRequest {}
extension GetStoreSettingsRequest: StoreRequest {}
extension GetTimelineRequest: StoreRequest {}
extension ImportCustomersRequest: StoreRequest {}
extension ImportSuppressionsRequest: StoreRequest {}
extension ListAuditRequest: StoreRequest {
  /// The rows of a store outlive it.
  package static var needsStore: Bool { false }
}
extension ListConsentHistoryRequest: StoreRequest {}
extension ListCustomersRequest: StoreRequest {}
extension ListEventTypesRequest: StoreRequest {}
extension ListFiltersRequest: StoreRequest {}
extension ListOrdersRequest: StoreRequest {}
extension ListSuppressionsRequest: StoreRequest {}
extension MergeCustomersRequest: StoreRequest {}
extension MoveOrderRequest: StoreRequest {}
extension RecordEventRequest: StoreRequest {}
extension RegisterEventTypeRequest: StoreRequest {}
extension SubscribeCustomerRequest: StoreRequest {}
extension SuppressCustomerRequest: StoreRequest {}
extension SyncCheckoutRequest: StoreRequest {}
extension SyncFulfillmentRequest: StoreRequest {}
extension SyncOrderRequest: StoreRequest {}
extension SyncRefundRequest: StoreRequest {}
extension UnmergeCustomersRequest: StoreRequest {}
extension UnsubscribeCustomerRequest: StoreRequest {}
extension UnsuppressCustomerRequest: StoreRequest {}
extension UpdateCustomerRequest: StoreRequest {}
extension UpdateStoreSettingsRequest: StoreRequest {}
extension UpdateTagsRequest: StoreRequest {}
extension UpsertCustomerRequest: StoreRequest {}
extension WatchTimelineRequest: StoreRequest {}

// Requests about keys and stores may name a store that does not exist: their handlers look it up.

extension BindKeyRequest: StoreRequest {
  package static var needsStore: Bool { false }
}
extension CreateBackupRequest: StoreRequest {
  package static var needsStore: Bool { false }
}
extension CreateKeyRequest: StoreRequest {
  package static var needsStore: Bool { false }
}
extension CreateStoreRequest: StoreRequest {
  package static var needsStore: Bool { false }
}
extension DeleteStoreRequest: StoreRequest {
  package static var needsStore: Bool { false }
  package static var usesReserve: Bool { true }
}
extension GetStatusRequest: StoreRequest {
  package static var needsStore: Bool { false }
}
extension ListKeysRequest: StoreRequest {
  package static var needsStore: Bool { false }
}
extension ListStoresRequest: StoreRequest {
  package static var needsStore: Bool { false }
}
extension PruneAuditRequest: StoreRequest {
  package static var needsStore: Bool { false }
  package static var usesReserve: Bool { true }
}
extension RevokeKeyRequest: StoreRequest {
  package static var needsStore: Bool { false }
}
extension RotateKeyRequest: StoreRequest {
  package static var needsStore: Bool { false }
}
extension UnbindKeyRequest: StoreRequest {
  package static var needsStore: Bool { false }
}

extension ShapeTests {
  /// The files that are not named for a type in them yet. A name leaves this list when its file is
  /// renamed; no name may be added.
  static let misnamed: Set<String> = [
    "CheckoutCheck.swift", "ClientCalls.swift", "ErasedCustomers.swift", "ErasedRecords.swift",
    "EventConsent.swift", "EventWarnings.swift", "Handlers.swift", "Instant.swift",
    "InvalidFields.swift", "MergedStats.swift", "MergedSummaries.swift", "ModuleGraph.swift",
    "OrderWarnings.swift", "ProfileEvents.swift", "ProtoModel.swift", "ProtoValues.swift",
    "StoreRequest+Requests.swift", "StoredMessage.swift", "Subscriptions.swift",
    "SummaryEnrichment.swift", "SuspectedPlaceholders.swift", "SyncOrderCalls.swift",
    "SyncOrderParts.swift", "UnmergeErrors.swift",
  ]
}

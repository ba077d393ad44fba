internal import PatronCore
internal import PatronFiles
internal import PatronProto
package import PatronServer
internal import TTRPC

extension Routes {
  /// Every method of the contract, in the lane that suits it.
  package static func patron() -> Routes {
    var routes = Routes()
    routes.addCustomers()
    routes.addErasure()
    routes.addConsent()
    routes.addTimelines()
    return routes
  }

  private mutating func addCustomers() {
    typealias Customers = CustomerHandlers
    write(
      CustomerService.upsertCustomer,
      storeID: \.storeID,
      country: \.defaultCountry,
      lacksCountry: \.lacksCountry,
      prepare: Customers.prepareUpsert,
      apply: Customers.upsert
    )
    write(
      CustomerService.batchUpsertCustomers,
      storeID: \.storeID,
      country: \.defaultCountry,
      lacksCountry: \.batch.lacksCountry,
      prepare: Customers.prepareBatchUpsert,
      apply: Customers.batchUpsert
    )
    point(CustomerService.getCustomer, Customers.getCustomer)
    write(
      CustomerService.updateCustomer,
      storeID: \.storeID,
      country: \.defaultCountry,
      lacksCountry: \.lacksCountry,
      prepare: Customers.prepareUpdate,
      apply: Customers.update
    )
    write(
      CustomerService.updateTags,
      prepare: Customers.prepareUpdateTags,
      apply: Customers.updateTags
    )
    point(CustomerService.batchGetCustomers, Customers.batchGetCustomers)
    point(CustomerService.listCustomers, Customers.listCustomers)
    point(CustomerService.countCustomers, Customers.countCustomers)
    point(CustomerService.listFilters, Customers.listFilters)
    scan(
      CustomerService.exportCustomers,
      prepare: Customers.prepareExport,
      run: Customers.export
    )
    write(
      CustomerService.importCustomers,
      storeID: \.storeID,
      country: \.defaultCountry,
      lacksCountry: \.batch.lacksCountry,
      prepare: Customers.prepareImport,
      apply: Customers.importCustomers
    )
    write(
      CustomerService.mergeCustomers,
      prepare: Customers.prepareMerge,
      apply: Customers.merge
    )
    write(
      CustomerService.unmergeCustomers,
      prepare: Customers.prepareUnmerge,
      apply: Customers.unmerge
    )
  }

  private mutating func addTimelines() {
    typealias Timeline = TimelineHandlers
    write(
      TimelineService.recordEvent,
      storeID: \.storeID,
      country: \.defaultCountry,
      lacksCountry: \.change.lacksCountry,
      prepare: Timeline.prepareRecord,
      apply: Timeline.record
    )
    write(
      TimelineService.batchRecordEvents,
      storeID: \.storeID,
      country: \.defaultCountry,
      lacksCountry: \.batch.lacksCountry,
      prepare: Timeline.prepareBatchRecord,
      apply: Timeline.batchRecord
    )
    write(
      TimelineService.syncOrder,
      storeID: \.storeID,
      country: \.defaultCountry,
      lacksCountry: \.change.lacksCountry,
      prepare: Timeline.prepareSync,
      apply: Timeline.sync
    )
    write(
      TimelineService.batchSyncOrders,
      storeID: \.storeID,
      country: \.defaultCountry,
      lacksCountry: \.batch.lacksCountry,
      prepare: Timeline.prepareBatchSync,
      apply: Timeline.batchSync
    )
    point(TimelineService.getTimeline, Timeline.getTimeline)
    point(TimelineService.getEvent, Timeline.getEvent)
    write(
      TimelineService.deleteEvent,
      prepare: Timeline.prepareDeleteEvent,
      apply: Timeline.deleteEvent
    )
    write(
      TimelineService.syncRefund,
      prepare: Timeline.prepareRefund,
      apply: Timeline.syncRefund
    )
    write(
      TimelineService.syncFulfillment,
      prepare: Timeline.prepareFulfillment,
      apply: Timeline.syncFulfillment
    )
    write(
      TimelineService.syncCheckout,
      storeID: \.storeID,
      country: \.defaultCountry,
      lacksCountry: \.lacksCountry,
      prepare: Timeline.prepareCheckout,
      apply: Timeline.syncCheckout
    )
    point(TimelineService.listOrders, Timeline.listOrders)
    point(TimelineService.getOrder, Timeline.getOrder)
    write(TimelineService.moveOrder, prepare: Timeline.prepareMove, apply: Timeline.move)
    write(
      TimelineService.deleteOrder,
      prepare: Timeline.prepareDeleteOrder,
      apply: Timeline.deleteOrder
    )
    point(TimelineService.listEventTypes, Timeline.listEventTypes)
    write(
      TimelineService.registerEventType,
      prepare: Timeline.prepareRegister,
      apply: Timeline.register
    )
    feed(
      TimelineService.watchTimeline,
      prepare: Timeline.prepareWatch,
      open: Timeline.openWatch
    )
    scan(
      TimelineService.exportTimeline,
      prepare: Timeline.prepareExport,
      run: Timeline.export
    )
  }
}

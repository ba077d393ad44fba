internal import PatronProto
internal import TTRPC

/// The methods of CustomerService, one plain function each.
enum CustomerHandlers {}

/// The methods of TimelineService, one plain function each.
enum TimelineHandlers {}

extension Routes {
  /// Every method of the contract, in the lane that suits it.
  public static func patron() -> Routes {
    var routes = Routes()
    typealias Customers = CustomerHandlers
    routes.write(
      CustomerService.upsertCustomer, storeID: \.storeID, country: \.defaultCountry,
      prepare: Customers.prepareUpsert, apply: Customers.upsert)
    routes.write(
      CustomerService.batchUpsertCustomers, storeID: \.storeID, country: \.defaultCountry,
      lacksCountry: \.batch.lacksCountry, prepare: Customers.prepareBatchUpsert,
      apply: Customers.batchUpsert)
    routes.point(CustomerService.getCustomer, Customers.getCustomer)
    routes.write(
      CustomerService.updateCustomer, prepare: Customers.prepareUpdate, apply: Customers.update)
    routes.write(
      CustomerService.updateTags, prepare: Customers.prepareUpdateTags,
      apply: Customers.updateTags)
    routes.point(CustomerService.batchGetCustomers, Customers.batchGetCustomers)
    routes.point(CustomerService.listCustomers, Customers.listCustomers)
    routes.point(CustomerService.countCustomers, Customers.countCustomers)
    routes.point(CustomerService.listFilters, Customers.listFilters)
    routes.scan(
      CustomerService.exportCustomers, prepare: Customers.prepareExport, run: Customers.export)
    routes.write(
      CustomerService.importCustomers, prepare: Customers.prepareImport,
      apply: Customers.importCustomers)
    routes.write(
      CustomerService.mergeCustomers, prepare: Customers.prepareMerge, apply: Customers.merge)
    routes.write(
      CustomerService.unmergeCustomers, prepare: Customers.prepareUnmerge,
      apply: Customers.unmerge)
    routes.addErasure()
    typealias Timeline = TimelineHandlers
    routes.write(
      TimelineService.recordEvent, storeID: \.storeID, country: \.defaultCountry,
      prepare: Timeline.prepareRecord, apply: Timeline.record)
    routes.write(
      TimelineService.batchRecordEvents, storeID: \.storeID, country: \.defaultCountry,
      lacksCountry: \.batch.lacksCountry, prepare: Timeline.prepareBatchRecord,
      apply: Timeline.batchRecord)
    routes.write(
      TimelineService.syncOrder, storeID: \.storeID, country: \.defaultCountry,
      prepare: Timeline.prepareSync, apply: Timeline.sync)
    routes.write(
      TimelineService.batchSyncOrders, storeID: \.storeID, country: \.defaultCountry,
      lacksCountry: \.batch.lacksCountry, prepare: Timeline.prepareBatchSync,
      apply: Timeline.batchSync)
    routes.point(TimelineService.getTimeline, Timeline.getTimeline)
    routes.point(TimelineService.getEvent, Timeline.getEvent)
    routes.addConsent()
    routes.write(
      TimelineService.syncRefund, prepare: Timeline.prepareRefund, apply: Timeline.syncRefund)
    routes.write(
      TimelineService.syncFulfillment, prepare: Timeline.prepareFulfillment,
      apply: Timeline.syncFulfillment)
    routes.write(
      TimelineService.syncCheckout, prepare: Timeline.prepareCheckout,
      apply: Timeline.syncCheckout)
    routes.point(TimelineService.listOrders, Timeline.listOrders)
    routes.point(TimelineService.getOrder, Timeline.getOrder)
    routes.point(TimelineService.listEventTypes, Timeline.listEventTypes)
    routes.write(
      TimelineService.registerEventType, prepare: Timeline.prepareRegister,
      apply: Timeline.register)
    routes.feed(
      TimelineService.watchTimeline, prepare: Timeline.prepareWatch, open: Timeline.openWatch)
    routes.scan(
      TimelineService.exportTimeline, prepare: Timeline.prepareExport, run: Timeline.export)
    return routes
  }
}

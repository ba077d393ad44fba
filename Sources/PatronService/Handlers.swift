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
      CustomerService.upsertCustomer, prepare: Customers.prepareUpsert, apply: Customers.upsert)
    routes.write(
      CustomerService.batchUpsertCustomers, prepare: Customers.prepareBatchUpsert,
      apply: Customers.batchUpsert)
    routes.point(CustomerService.getCustomer, Customers.getCustomer)
    routes.point(CustomerService.listCustomers, Customers.listCustomers)
    routes.scan(
      CustomerService.exportCustomers, prepare: Customers.prepareExport, run: Customers.export)
    routes.write(
      CustomerService.importCustomers, prepare: Customers.prepareImport,
      apply: Customers.importCustomers)
    typealias Timeline = TimelineHandlers
    routes.write(
      TimelineService.recordEvent, prepare: Timeline.prepareRecord, apply: Timeline.record)
    routes.write(
      TimelineService.batchRecordEvents, prepare: Timeline.prepareBatchRecord,
      apply: Timeline.batchRecord)
    routes.write(TimelineService.syncOrder, prepare: Timeline.prepareSync, apply: Timeline.sync)
    routes.write(
      TimelineService.batchSyncOrders, prepare: Timeline.prepareBatchSync,
      apply: Timeline.batchSync)
    routes.point(TimelineService.getTimeline, Timeline.getTimeline)
    routes.point(TimelineService.getEvent, Timeline.getEvent)
    routes.scan(
      TimelineService.exportTimeline, prepare: Timeline.prepareExport, run: Timeline.export)
    routes.completeWith(CustomerService.methods + TimelineService.methods)
    return routes
  }
}

internal import PatronCore
internal import PatronFiles
internal import PatronProto
internal import PatronServer
internal import TTRPC

extension Routes {
  /// Adds the methods of TimelineService.
  mutating func addTimelines() {
    typealias Timeline = TimelineHandlers
    write(
      TimelineService.recordEvent,
      country: \.defaultCountry,
      lacksCountry: \.change.lacksCountry,
      prepare: Timeline.prepareRecord,
      apply: Timeline.record
    )
    batch(
      TimelineService.batchRecordEvents,
      country: \.defaultCountry,
      prepare: Timeline.prepareBatchRecord,
      apply: Timeline.batchRecord
    )
    point(
      TimelineService.getTimeline,
      runsLong: { $0.filter?.readsBodies ?? false },
      Timeline.getTimeline
    )
    point(TimelineService.getEvent, Timeline.getEvent)
    write(
      TimelineService.deleteEvent,
      prepare: Timeline.prepareDeleteEvent,
      apply: Timeline.deleteEvent
    )
    point(TimelineService.listEventTypes, Timeline.listEventTypes)
    write(
      TimelineService.registerEventType,
      prepare: Timeline.prepareRegister,
      apply: Timeline.register
    )
    watch(
      TimelineService.watchTimeline,
      prepare: Timeline.prepareWatch,
      open: Timeline.openWatch
    )
    scan(
      TimelineService.exportTimeline,
      prepare: Timeline.prepareExport,
      audits: Timeline.audit,
      run: Timeline.export
    )
    addOrders()
  }

  /// Adds the methods of TimelineService for orders and checkouts.
  private mutating func addOrders() {
    typealias Timeline = TimelineHandlers
    write(
      TimelineService.syncOrder,
      country: \.defaultCountry,
      lacksCountry: \.change.lacksCountry,
      prepare: Timeline.prepareSync,
      apply: Timeline.sync
    )
    batch(
      TimelineService.batchSyncOrders,
      country: \.defaultCountry,
      prepare: Timeline.prepareBatchSync,
      apply: Timeline.batchSync
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
  }
}

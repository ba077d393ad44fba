import ArgumentParser

struct TimelineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timeline",
    abstract: "Show timelines, record events and orders.",
    subcommands: [
      TimelineShow.self, TimelineRecord.self, TimelineOrder.self, TimelineRefund.self,
      TimelineFulfillment.self, TimelineCheckout.self, TimelineOrders.self, TimelineMoveOrder.self,
      TimelineDeleteOrder.self,
      TimelineEvent.self, TimelineDeleteEvent.self, TimelineTypes.self, TimelineWatch.self,
      TimelineExport.self,
    ]
  )
}

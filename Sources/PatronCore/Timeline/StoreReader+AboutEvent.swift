internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

extension StoreReader {
  /// Returns the order that an event of the same customer refers to. It may have become known after
  /// the event.
  package func order(about event: Event) throws -> OrderRow? {
    try order(about: event, of: event.customerID)
  }

  /// Returns the order that an event of the customer refers to, before the event is stored.
  package func order(about event: Event, of customerID: Int64) throws -> OrderRow? {
    let reference = event.references?.orderExternalID ?? ""
    var row: OrderRow?
    if event.orderID != 0 {
      row = try order(id: event.orderID)
    } else if !reference.isEmpty {
      row = try order(externalID: reference)
    }
    return row?.customerID == customerID ? row : nil
  }
}

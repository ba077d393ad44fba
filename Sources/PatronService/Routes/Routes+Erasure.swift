internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension Routes {
  /// The method that erases.
  mutating func addErasure() {
    steppedWrite(
      CustomerService.deleteCustomer,
      prepare: CustomerHandlers.prepareDelete,
      apply: CustomerHandlers.delete
    )
  }
}

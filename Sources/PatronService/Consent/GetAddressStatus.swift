internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension ConsentHandlers {
  /// Reports which messages may be sent to an address. A suppression can exist before its customer
  /// and outlives the customer, so it must be readable without a customer.
  static func getAddressStatus(
    _ request: GetAddressStatusRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    let reader = context.reader
    let key = try (request.address ?? CustomerRef()).key(path: "address").resolved(in: reader)
    guard let channel = PatronModel.Channel.allCases.first(where: { key.address($0) != nil }) else {
      throw DomainError.invalid(
        "address",
        "ADDRESS_EXPECTED",
        "It is not an address. Expected is email or phone_number. For a customer by id, call "
          + "GetCustomer with the full view."
      )
    }
    let row = try reader.holder(of: key)
    let statuses =
      try row.map { try ChannelStatuses(of: $0, in: reader, at: context.now) }
      ?? ChannelStatuses(of: key, in: reader, at: context.now)
    try response.append(
      GetAddressStatusResponse.with {
        $0.customerID = row?.id ?? 0
        $0.channels = statuses.all.filter { $0.channel.rawValue == Int32(channel.rawValue) }
      }
    )
  }
}

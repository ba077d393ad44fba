internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension AdminHandlers {
  /// Appends a page of keys, oldest first.
  static func listKeys(
    _ request: ListKeysRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    let page = try KeyList(
      KeyList.Selection(
        owner: request.everyStore ? nil : .store(context.call.store),
        isActiveOnly: request.activeOnly
      ),
      of: context.call.store,
      pageSize: request.pageSize,
      pageToken: request.pageToken,
      by: authority(context.call),
      in: context.transaction,
      at: context.now
    )
    let infos = try page.items.map {
      try KeyInfo($0.record, names: $0.names, at: context.now)
    }
    try response.append(
      ListKeysResponse.with {
        $0.keys = infos
        $0.nextPageToken = page.nextPageToken
      }
    )
  }
}

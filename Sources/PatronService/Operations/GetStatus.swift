internal import PatronCore
internal import PatronFiles
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

/// The methods of OperationsService that read.
enum OperationsHandlers {
  /// Appends the status that `status` returns, with the number of stores. Throws
  /// `EVERY_STORE_NEEDED` for a caller of one store.
  static func getStatus(
    _ status: @Sendable () -> GetStatusResponse,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    try AdminHandlers.authority(context.call).requireEveryStore()
    var answer = status()
    answer.now = .init(micros: context.now)
    answer.storeCount = Int32(clamping: try StoreCatalogue(context.transaction).count())
    try response.append(answer)
  }
}

internal import PatronCore
internal import PatronFiles
internal import PatronProto
internal import PatronServer
internal import TTRPC

extension Routes {
  /// Adds GetStatus of OperationsService. `status` returns the state of the server, and is called
  /// on its I/O threads.
  mutating func addStatus(_ status: @escaping @Sendable () -> GetStatusResponse) {
    point(OperationsService.getStatus) { _, context, response in
      try OperationsHandlers.getStatus(status, context, &response)
    }
  }
}

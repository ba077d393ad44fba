import TTRPC

/// The place of one call in flight, used for one call after the other so that a call costs no
/// allocation.
final class CallSlot {
  /// The caller's number, from 1.
  let worker: Int
  var connection: LoadConnection
  /// The request's number, from 0.
  var request: UInt64 = 0
  var isMeasured = false
  /// When the request was due.
  var planned: UInt64 = 0
  /// When it was sent.
  var sent: UInt64 = 0
  /// Where the outcome goes; set once.
  var completion: (Result<UnsafeRawBufferPointer, RPCError>) -> Void = { _ in }

  init(worker: Int, connection: LoadConnection) {
    self.worker = worker
    self.connection = connection
  }
}

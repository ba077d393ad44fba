import TTRPCNIO

/// The state of one call in flight. It is reused by later calls, so that a call allocates nothing.
/// Belongs to one loop.
final class CallSlot {
  /// The caller's number, counted from 1.
  let worker: Int
  var connection: LoadConnection
  /// The request's number, counted from 0.
  var request: UInt64 = 0
  var isMeasured = false
  /// Time at which the request was due, in nanoseconds of the monotonic clock.
  var planned: UInt64 = 0
  /// Time at which the request was sent, in nanoseconds of the monotonic clock.
  var sent: UInt64 = 0
  /// Called with the outcome on the loop; set once.
  var completion: (ClientAnswer) -> Void = { _ in }

  init(worker: Int, connection: LoadConnection) {
    self.worker = worker
    self.connection = connection
  }
}

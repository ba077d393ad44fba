/// A receiver of replies. Each I/O loop has one.
package protocol ReplySink: AnyObject, Sendable {
  /// Takes all replies of one transaction that are for this sink. Runs on a lane's thread: hand the
  /// replies over with one wake-up and return.
  func deliver(_ replies: [Reply])
}

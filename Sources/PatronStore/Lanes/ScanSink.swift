/// A receiver of a scan's messages.
package protocol ScanSink: AnyObject, Sendable {
  /// Takes one message. Returns false if the client can take no more for now: the scan then waits
  /// until ``ScanHandle/resume()`` is called.
  func send(_ message: [UInt8]) -> Bool

  /// Ends the scan. Called once, after the snapshot was closed, with nil for success, a
  /// ``StoreError`` or the handler's own error.
  func finish(_ error: (any Error)?)
}

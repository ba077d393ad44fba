/// A call's handle to its scan. Every method may be called from any thread.
package struct ScanHandle: Sendable {
  let control: ScanControl
  let lane: ScanLane

  /// Cancels the scan, because the call ended. A queued scan ends with ``StoreError/cancelled`` at
  /// once, a running one soon.
  package func cancel() { lane.cancel { $0 === control } }

  /// Lets the scan send again, because the client accepts messages.
  package func resume() { control.resume() }
}

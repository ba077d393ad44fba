internal import CSQLite
internal import Synchronization

/// Interrupts the running statement of a connection from any thread.
package final class InterruptHandle: Sendable {
  /// The connection's address, 0 once it is closed. An address instead of a pointer, because
  /// pointers are not Sendable.
  private let address: Mutex<UInt>

  init(_ handle: OpaquePointer) { self.address = Mutex(UInt(bitPattern: handle)) }

  /// Makes the statement that runs now end with an interrupted error. Nothing happens when none
  /// runs or the connection is closed.
  package func interrupt() {
    address.withLock { address in
      guard let handle = OpaquePointer(bitPattern: address) else { return }
      sqlite3_interrupt(handle)
    }
  }

  /// Called by the connection before it closes.
  func invalidate() { address.withLock { $0 = 0 } }
}

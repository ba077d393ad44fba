internal import CSQLite
internal import Synchronization

/// A handle that interrupts the running statement of a connection from any thread.
public final class InterruptHandle: Sendable {
  /// The connection's address, 0 once it is closed. A number, because pointers are not Sendable.
  private let address: Mutex<UInt>

  init(_ handle: OpaquePointer) { self.address = Mutex(UInt(bitPattern: handle)) }

  /// Makes the running statement end with ``SQLiteError/Stop/interrupted``. Does nothing if no
  /// statement runs or the connection is closed.
  public func interrupt() {
    address.withLock { address in
      guard let handle = OpaquePointer(bitPattern: address) else { return }
      sqlite3_interrupt(handle)
    }
  }

  /// Invalidates the handle. The connection calls it before it closes.
  func invalidate() { address.withLock { $0 = 0 } }
}

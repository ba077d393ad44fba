package import PatronStore
package import ProtobufC
internal import TTRPC

/// The context of work on the whole database that runs beside the lanes, such as a backup. Usable
/// on any thread.
package struct OperationContext: Sendable {
  package let call: CallContext
  package let store: Store
  private let stream: any ServerStream

  init(call: CallContext, store: Store, stream: any ServerStream) {
    self.call = call
    self.store = store
    self.stream = stream
  }

  /// The caller as the audit log names it.
  package var auditCaller: AuditCaller { call.auditCaller(at: call.now) }

  /// Sends a message. One that cannot be encoded is left out.
  package func send(_ message: some Message) {
    if let bytes = try? message.encoded() { stream.send(bytes) }
  }

  /// Ends the call; nil is success.
  package func finish(_ error: (any Error)?) { stream.finish(error.map(call.status)) }

  /// Sets the callback that runs when the caller is gone.
  package func onCancel(_ body: @escaping @Sendable () -> Void) { stream.onCancel { _ in body() } }
}

/// An event that a client connection reports to its driver. The pointers are slices of the bytes
/// that were read and are valid until the driver asks for the next event.
public enum ClientEvent {
  /// A unary call succeeded with this message.
  case response(ClientCallID, UnsafeRawBufferPointer)
  /// One more response message of a streaming call. It counts as queued until
  /// ``ClientConnection/consumed(_:messages:bytes:)``.
  case message(ClientCallID, UnsafeRawBufferPointer)
  /// A streaming call succeeded: no more messages follow.
  case ended(ClientCallID)
  /// A call failed; the failure says whether the server may have seen it.
  case failed(ClientCallID, CallFailure)
  /// The connection accepts no new calls; those in flight go on. Open another connection.
  case draining(reason: String)
  /// The connection has ended: every call has been failed, and the driver closes the socket.
  case closed(RPCError)
}

extension ClientEvent {
  /// The call that this event ends, or nil if it ends none.
  var endedCall: ClientCallID? {
    switch self {
    case .response(let call, _), .ended(let call), .failed(let call, _): call
    case .message, .draining, .closed: nil
    }
  }
}

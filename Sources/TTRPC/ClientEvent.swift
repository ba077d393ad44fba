/// What a client connection has to tell its driver. The pointers are slices of the bytes that were
/// read, valid until the driver asks for the next event.
public enum ClientEvent {
  /// A unary call ended well with this message.
  case response(ClientCallID, UnsafeRawBufferPointer)
  /// A streaming call has one more response message. It counts as queued until
  /// ``ClientConnection/consumed(_:messages:bytes:)``.
  case message(ClientCallID, UnsafeRawBufferPointer)
  /// A streaming call ended well.
  case ended(ClientCallID)
  /// A call ended with an error.
  case failed(ClientCallID, CallFailure)
  /// No call can be started on this connection any more; those in flight go on. Open another one.
  case draining(reason: String)
  /// The connection is of no further use: every call has been failed, close the socket.
  case closed(RPCError)
}

extension ClientEvent {
  /// The call that ends with the event; nil when none does.
  var endedCall: ClientCallID? {
    switch self {
    case .response(let call, _), .ended(let call), .failed(let call, _): call
    case .message, .draining, .closed: nil
    }
  }
}

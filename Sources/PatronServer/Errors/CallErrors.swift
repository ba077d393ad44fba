internal import Logging
internal import PatronProto
internal import PatronStore
internal import ProtobufC
internal import TTRPC

/// The statuses of the errors that handlers and lanes throw in one method. Usable on any thread.
package final class CallErrors: Sendable {
  let method: Method
  let log: Logger

  init(method: Method, log: Logger) {
    self.method = method
    self.log = log
  }

  /// Returns the status for an error. An unexpected error is logged under an id that the status
  /// names. The log line holds no data of a caller: the type of the error, or the text of an error
  /// of the database, which names no values.
  func status(of error: any Error, _ id: CallID) -> RPCError {
    let status = RPCError.from(error)
    guard status.code == .internal || status.code == .dataLoss else { return status }
    let text = error is StoreError ? "\(error)" : String(reflecting: type(of: error))
    log.error("\(method) failed unexpectedly, request id \(id): \(text)")
    return status.naming(id)
  }

  /// Returns the status for an error of the lane of a call. A status that a handler's error became
  /// already passes as it is.
  func status(ofLane error: any Error) -> RPCError {
    if let status = error as? RPCError { return status }
    return status(of: error, CallID(.random(in: .min ... .max)))
  }
}

extension RPCError {
  /// Returns the error with the id of the call in its message and in its `google.rpc.ErrorInfo`.
  /// The server's log has the details under that id.
  fileprivate func naming(_ id: CallID) -> RPCError {
    var error = self
    error.message += " The server's log has more under request id \(id)."
    for (index, detail) in details.enumerated()
    where detail.typeURL == "type.googleapis.com/\(GoogleRPC.ErrorInfo.protoName)" {
      guard var info = try? GoogleRPC.ErrorInfo(decoding: detail.value) else { continue }
      info.metadata["request_id"] = "\(id)"
      guard let value = try? info.encoded() else { continue }
      error.details[index] = StatusDetail(typeURL: detail.typeURL, value: value)
    }
    return error
  }
}

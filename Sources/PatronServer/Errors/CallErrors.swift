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

  /// Returns the status for an error, which names the trace of the call. An unexpected error is
  /// logged under an id that the status names. The log line holds no data of a caller: the type of
  /// the error, or the text of an error of the database, which names no values.
  func status(of error: any Error, _ call: CallMarks) -> RPCError {
    var status = RPCError.from(error)
    if let trace = call.trace { status = status.naming("trace_id", "\(trace)") }
    guard [.internal, .dataLoss, .unknown].contains(status.code) else { return status }
    let text = error is StoreError ? "\(error)" : String(reflecting: type(of: error))
    log.error(
      "\(method) failed unexpectedly: \(text)",
      metadata: call.metadata.merging(["method": "\(method)", "code": "\(status.code)"]) { $1 }
    )
    status.message += " The server's log has more under request id \(call.id)."
    return status.naming("request_id", "\(call.id)")
  }

  /// Returns the status for an error of the lane of a call. A status that a handler's error became
  /// already passes as it is.
  func status(ofLane error: any Error, _ record: CallRecord?) -> RPCError {
    if let status = error as? RPCError { return status }
    let id = CallID(.random(in: .min ... .max))
    return status(of: error, record?.marks ?? CallMarks(id: id, keyID: nil, trace: nil))
  }
}

extension RPCError {
  /// Returns the error with a value in the metadata of its `google.rpc.ErrorInfo`, if it has one.
  fileprivate func naming(_ key: String, _ value: String) -> RPCError {
    var error = self
    for (index, detail) in details.enumerated()
    where detail.typeURL == "type.googleapis.com/\(GoogleRPC.ErrorInfo.protoName)" {
      guard var info = try? GoogleRPC.ErrorInfo(decoding: detail.value) else { continue }
      info.metadata[key] = value
      guard let value = try? info.encoded() else { continue }
      error.details[index] = StatusDetail(typeURL: detail.typeURL, value: value)
    }
    return error
  }
}

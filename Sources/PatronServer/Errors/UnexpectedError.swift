internal import PatronProto
internal import PatronStore
internal import ProtobufC
package import TTRPC

/// An error of a handler that nobody expected, for whoever runs the server. It holds no data of a
/// caller.
package struct UnexpectedError: Sendable, CustomStringConvertible {
  /// 16 hexadecimal digits. The answer to the caller names it.
  package let requestID: String
  /// The method that was called.
  package let method: Method
  /// The type of the error; of an error of the database its text, which names no values.
  package let error: String

  /// One line for a log.
  package var description: String {
    "\(method) failed unexpectedly, request id \(requestID): \(error)"
  }
}

/// The statuses that callers of one method get for what handlers and lanes throw.
package struct CallErrors: Sendable {
  package let method: Method
  package let report: @Sendable (UnexpectedError) -> Void

  /// For work that no call waits for.
  package static let unreported = CallErrors(
    method: Method(service: "", name: "", kind: .unary, idempotency: .unknown),
    report: { _ in }
  )

  /// The status for an error. An unexpected one is reported under an id that the status names.
  package func status(of error: any Error) -> RPCError {
    let status = RPCError.from(error)
    guard status.code == .internal || status.code == .dataLoss else { return status }
    let id = Self.makeID()
    let text = error is StoreError ? "\(error)" : String(reflecting: type(of: error))
    report(UnexpectedError(requestID: id, method: method, error: text))
    return status.naming(id)
  }

  private static func makeID() -> String {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension RPCError {
  /// The same with the id under which the server's log has more.
  fileprivate func naming(_ requestID: String) -> RPCError {
    var error = self
    error.message += " The server's log has more under request id \(requestID)."
    for (index, detail) in details.enumerated()
    where detail.typeURL == "type.googleapis.com/\(GoogleRPC.ErrorInfo.protoName)" {
      guard var info = try? GoogleRPC.ErrorInfo(decoding: detail.value) else { continue }
      info.metadata["request_id"] = requestID
      guard let value = try? info.encoded() else { continue }
      error.details[index] = StatusDetail(typeURL: detail.typeURL, value: value)
    }
    return error
  }
}

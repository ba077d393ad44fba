import PatronProto
import ProtobufC
import TTRPC
import Testing

/// One violation of a `google.rpc.BadRequest`.
struct Broken: Hashable, CustomStringConvertible {
  var path: String
  var reason: String

  init(_ path: String, _ reason: String) {
    self.path = path
    self.reason = reason
  }

  var description: String { "\(path) \(reason)" }
}

extension RPCError {
  /// Returns the details of one type.
  func details<Detail: Message>(_ type: Detail.Type) -> [Detail] {
    details.filter { $0.typeURL == "type.googleapis.com/\(Detail.protoName)" }
      .compactMap { try? Detail(decoding: $0.value) }
  }

  /// The violations, in the order of the detail.
  var violations: [GoogleRPC.BadRequest.FieldViolation] {
    details(GoogleRPC.BadRequest.self).flatMap(\.fieldViolations)
  }

  /// The path and reason of every violation.
  var broken: [Broken] { violations.map { Broken($0.field, $0.reason) } }

  /// The reason of the `google.rpc.ErrorInfo`; empty if there is none.
  var reason: String { details(GoogleRPC.ErrorInfo.self).first?.reason ?? "" }

  /// The metadata of the `google.rpc.ErrorInfo`.
  var metadata: [String: String] { details(GoogleRPC.ErrorInfo.self).first?.metadata ?? [:] }
}

/// Runs a call that must fail with a status, and returns the status.
func failure<Result>(
  _ comment: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation,
  _ call: () async throws -> Result
) async throws -> RPCError {
  do {
    _ = try await call()
  } catch let error as RPCError {
    return error
  }
  Issue.record("the call succeeded; \(comment())", sourceLocation: sourceLocation)
  return RPCError(code: .ok, message: "")
}

/// Runs a call that must fail with INVALID_ARGUMENT, and returns its violations.
func violations<Result>(
  _ comment: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation,
  _ call: () async throws -> Result
) async throws -> [Broken] {
  let error = try await failure(comment(), sourceLocation: sourceLocation, call)
  #expect(error.code == .invalidArgument, "\(comment())", sourceLocation: sourceLocation)
  return error.broken
}

extension GoogleRPC.Status {
  /// The status of a batch's item as an error.
  var asError: RPCError {
    RPCError(
      code: StatusCode(rawValue: code),
      message: message,
      details: details.map { StatusDetail(typeURL: $0.typeURL, value: $0.value) }
    )
  }
}

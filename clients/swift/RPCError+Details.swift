public import PatronProto
public import ProtobufC
public import TTRPC

/// The `google.rpc` messages among the details of an error.
extension RPCError {
  /// Returns the first detail of this type that can be decoded, or nil.
  public func detail<Detail: Message>(_ type: Detail.Type = Detail.self) -> Detail? {
    let name = type.descriptor.name
    for detail in details where detail.typeURL.split(separator: "/").last.map(String.init) == name {
      if let message = try? Detail(decoding: detail.value) { return message }
    }
    return nil
  }

  /// The stable reason, such as `PatronReason.customerNotFound`; nil when the server named none.
  /// For rejected input it is the reason of the first violation.
  public var reason: String? {
    if let info = detail(GoogleRPC.ErrorInfo.self), !info.reason.isEmpty { return info.reason }
    return violations.first.map(\.reason)
  }

  /// The rules that rejected input broke, each with the path of its field, a description and a
  /// stable reason. Empty for other errors.
  public var violations: [GoogleRPC.BadRequest.FieldViolation] {
    detail(GoogleRPC.BadRequest.self)?.fieldViolations ?? []
  }

  /// The record that the error is about, such as the other customer of a conflict; nil where the
  /// server named none.
  public var resource: GoogleRPC.ResourceInfo? { detail(GoogleRPC.ResourceInfo.self) }

  /// An error from the status of one item of a batch.
  public init(_ status: GoogleRPC.Status) {
    self.init(
      code: StatusCode(rawValue: status.code),
      message: status.message,
      details: status.details.map { StatusDetail(typeURL: $0.typeURL, value: $0.value) }
    )
  }
}

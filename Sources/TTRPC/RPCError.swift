/// The outcome of one call that did not succeed, in the terms of `google.rpc.Status`.
///
/// Messages are shown to people and may be logged: they hold no personal data. The caller's own
/// value may appear, cut short, in a `google.rpc.BadRequest` detail.
public struct RPCError: Error, Sendable, Equatable {
  /// One of the seventeen status codes.
  public var code: StatusCode
  /// One line without personal data: the problem, the expectation and the remedy.
  public var message: String
  /// Typed details, each a `google.protobuf.Any` on the wire.
  public var details: [StatusDetail]

  /// Creates an error with optional details.
  public init(code: StatusCode, message: String, details: [StatusDetail] = []) {
    self.code = code
    self.message = message
    self.details = details
  }
}

extension RPCError: CustomStringConvertible {
  /// The code's name and the message.
  public var description: String { "\(code): \(message)" }
}

/// One `google.protobuf.Any` inside a status.
public struct StatusDetail: Sendable, Equatable {
  /// The type's name behind a prefix, for example `type.googleapis.com/google.rpc.BadRequest`.
  public var typeURL: String
  /// The encoded message of that type.
  public var value: [UInt8]

  /// Creates a detail from a type URL and encoded bytes.
  public init(typeURL: String, value: [UInt8]) {
    self.typeURL = typeURL
    self.value = value
  }
}

/// Which sides of a call may send more than one message.
public enum MethodKind: Sendable, Hashable {
  /// One request, one response.
  case unary
  /// Many requests, one response.
  case clientStreaming
  /// One request, many responses.
  case serverStreaming
  /// Many requests, many responses.
  case bidirectionalStreaming
}

/// What repeating a call does, as `google.protobuf.MethodOptions.idempotency_level` says it.
public enum IdempotencyLevel: Sendable, Hashable {
  /// Nothing is promised: repeat only with a `request_id`.
  case unknown
  /// The call changes nothing.
  case noSideEffects
  /// Repeating the call has the effect of one call.
  case idempotent
}

/// The name and the properties of a method, without its message types.
public struct Method: Sendable, Hashable {
  /// Full protobuf name of the service: `patron.v1.CustomerService`.
  public let service: String
  /// Bare method name: `GetCustomer`.
  public let name: String
  /// Which sides stream.
  public let kind: MethodKind
  /// What repeating the call does.
  public let idempotency: IdempotencyLevel

  /// Describes a method.
  public init(service: String, name: String, kind: MethodKind, idempotency: IdempotencyLevel) {
    self.service = service
    self.name = name
    self.kind = kind
    self.idempotency = idempotency
  }
}

extension Method: CustomStringConvertible {
  /// `service/name`.
  public var description: String { "\(service)/\(name)" }
}

/// A method together with its message types, as the generated method tables have it.
public struct MethodDescriptor<Request, Response>: Sendable {
  /// The method's name and properties.
  public let method: Method

  /// Ties message types to a method.
  public init(_ method: Method) { self.method = method }
}

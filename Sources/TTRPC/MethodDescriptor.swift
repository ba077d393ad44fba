/// The number of messages that each side of a call may send.
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

/// The effect of repeating a call, as `google.protobuf.MethodOptions.idempotency_level` defines it.
public enum IdempotencyLevel: Sendable, Hashable {
  /// No promise: repeat only with a `request_id`.
  case unknown
  /// The call changes nothing.
  case noSideEffects
  /// Repeating the call has the effect of one call.
  case idempotent
}

/// The name and the properties of a method, without its message types.
public struct Method: Sendable, Hashable {
  /// The full protobuf name of the service: `patron.v1.CustomerService`.
  public let service: String
  /// The bare method name: `GetCustomer`.
  public let name: String
  /// The number of messages that each side may send.
  public let kind: MethodKind
  /// The effect of repeating the call.
  public let idempotency: IdempotencyLevel

  /// Creates the description of a method.
  public init(service: String, name: String, kind: MethodKind, idempotency: IdempotencyLevel) {
    self.service = service
    self.name = name
    self.kind = kind
    self.idempotency = idempotency
  }
}

extension Method: CustomStringConvertible {
  /// The full name: `service/name`.
  public var description: String { "\(service)/\(name)" }
}

/// A method with its message types, as the generated method tables declare it.
public struct MethodDescriptor<Request, Response>: Sendable {
  /// The method's name and properties.
  public let method: Method

  /// Creates the descriptor of a method with these message types.
  public init(_ method: Method) { self.method = method }
}

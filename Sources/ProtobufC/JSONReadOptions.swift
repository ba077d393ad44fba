/// An instant as `google.protobuf.Timestamp` holds it.
public struct JSONInstant: Sendable, Hashable {
  /// Seconds since 1970-01-01T00:00:00Z.
  public var seconds: Int64
  /// The nanoseconds within the second, 0 to 999,999,999, counted forward.
  public var nanoseconds: Int32

  /// Creates an instant; the values are not checked.
  public init(seconds: Int64, nanoseconds: Int32) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
}

/// Options for reading JSON text.
public struct JSONReadOptions: Sendable {
  /// True to skip unknown fields. They are an error otherwise.
  public var ignoresUnknownFields: Bool
  /// The lookup of the type that an `Any` names, by its full proto name. Without it an `Any` cannot
  /// be read.
  public var resolve: (@Sendable (String) -> MessageDescriptor?)?
  /// The parser of timestamps that are not RFC 3339, for other forms of ISO 8601. It returns nil if
  /// the text is not an instant.
  public var parseInstant: (@Sendable (String) -> JSONInstant?)?

  /// Creates options; the defaults read strictly.
  public init(
    ignoresUnknownFields: Bool = false,
    resolve: (@Sendable (String) -> MessageDescriptor?)? = nil,
    parseInstant: (@Sendable (String) -> JSONInstant?)? = nil
  ) {
    self.ignoresUnknownFields = ignoresUnknownFields
    self.resolve = resolve
    self.parseInstant = parseInstant
  }
}

/// An instant as `google.protobuf.Timestamp` holds it.
public struct JSONInstant: Sendable, Hashable {
  /// Seconds since 1970-01-01T00:00:00Z.
  public var seconds: Int64
  /// 0 to 999,999,999, counted forward.
  public var nanoseconds: Int32

  /// An instant.
  public init(seconds: Int64, nanoseconds: Int32) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
}

/// How JSON text is read.
public struct JSONReadOptions: Sendable {
  /// Passes over fields that the message does not have. They are an error otherwise.
  public var ignoresUnknownFields: Bool
  /// Finds the type that an `Any` names; gets the full proto name. Without it an `Any` cannot be
  /// read.
  public var resolve: (@Sendable (String) -> MessageDescriptor?)?
  /// Reads what is not an RFC 3339 timestamp, for other forms of ISO 8601; nil when the text is no
  /// instant.
  public var parseInstant: (@Sendable (String) -> JSONInstant?)?

  /// Strict reading by default.
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

/// How JSON text is written.
public struct JSONWriteOptions: Sendable {
  /// One member a line, indented by two spaces. Compact text has no line break.
  public var pretty: Bool
  /// Writes fields without presence also when they hold their default: `0`, `""`, `[]`.
  public var writesDefaults: Bool
  /// Finds the type that an `Any` names; gets the full proto name. An `Any` of a type that is not
  /// found is written with its bytes: `{"@type": URL, "value": BASE64}`.
  public var resolve: (@Sendable (String) -> MessageDescriptor?)?

  /// Compact text without defaults by default.
  public init(
    pretty: Bool = false,
    writesDefaults: Bool = false,
    resolve: (@Sendable (String) -> MessageDescriptor?)? = nil
  ) {
    self.pretty = pretty
    self.writesDefaults = writesDefaults
    self.resolve = resolve
  }
}

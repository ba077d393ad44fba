/// Options for writing JSON text.
public struct JSONWriteOptions: Sendable {
  /// True for one member a line, indented by two spaces. Compact text has no line break.
  public var pretty: Bool
  /// True to write fields without presence also when they hold their default: `0`, `""`, `[]`.
  public var writesDefaults: Bool
  /// The lookup of the type that an `Any` names, by its full proto name. An `Any` of a type that is
  /// not found is written with its bytes: `{"@type": URL, "value": BASE64}`.
  public var resolve: (@Sendable (String) -> MessageDescriptor?)?

  /// Creates options; the defaults write compact text without default values.
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

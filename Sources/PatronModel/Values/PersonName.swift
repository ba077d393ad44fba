/// A first or last name: trimmed, at most 255 Unicode scalars, otherwise as the shop wrote it.
package struct PersonName: Sendable, Hashable {
  /// The name. Empty if the shop clears it.
  package let value: String

  /// Reads a name. Throws the errors of ``ShortText/parse(_:limit:)``.
  package init(_ text: String) throws(RuleError) {
    value = try ShortText.parse(text)
  }
}

/// A first or last name: trimmed, at most 255 Unicode scalars, otherwise as the shop wrote it.
package struct PersonName: Sendable, Hashable {
  /// The name; empty when the shop clears it.
  package let value: String

  /// Throws what ``ShortText/parse(_:limit:)`` throws.
  package init(_ text: String) throws(RuleError) {
    value = try ShortText.parse(text)
  }
}

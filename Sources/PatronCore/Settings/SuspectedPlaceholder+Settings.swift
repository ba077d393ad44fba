internal import PatronModel
internal import PatronProto
package import PatronStore

extension [SuspectedPlaceholder] {
  /// Refuses identifiers that look like placeholders, except those that the store allows. The
  /// settings are read only if there are suspected placeholders.
  ///
  /// - Throws: `EXTERNAL_ID_PLACEHOLDER`, one violation for each.
  package func check(in reader: StoreReader) throws {
    guard !isEmpty else { return }
    let allowed = Set(try StoreSettings(of: reader).allowedExternalIDs?.values ?? [])
    let refused = filter { !allowed.contains($0.value) }
    guard refused.isEmpty else { throw InvalidInput(violations: refused.map(\.violation)) }
  }
}

package import PatronModel
internal import TTRPC

extension CallContext {
  /// The metadata key of the person or program on whose behalf a caller calls.
  static let onBehalfOfKey = "patron-on-behalf-of"

  /// The author of the changes that the call makes. Each use makes the text of the key's id: take
  /// it once for a call.
  package var author: Author {
    guard let key = principal.keyID else {
      return onBehalfOf.isEmpty ? .none : Author(onBehalfOf: onBehalfOf)
    }
    return Author(keyID: key.text, onBehalfOf: onBehalfOf)
  }

  /// Returns the text on whose behalf a request is made; empty if its metadata has none. Costs
  /// nothing for a request without metadata.
  ///
  /// - Throws: INVALID_ARGUMENT `TEXT_TOO_LONG`, `TEXT_HAS_CONTROL_CHARACTER`.
  static func onBehalfOf(in metadata: MetadataView) throws(RPCError) -> String {
    guard let given = metadata[onBehalfOfKey] else { return "" }
    do throws(RuleError) {
      return try Author.onBehalfOf(given)
    } catch {
      throw .invalid([Violation(path: onBehalfOfKey, error: error)])
    }
  }
}

/// The author of a change: the API key of the call, and the person or program on whose behalf its
/// holder called. Both are ids; neither is a secret.
package struct Author: Sendable, Hashable {
  /// The id of the key in its text form. Empty if the call had no key.
  package let keyID: String
  /// The caller's own text, such as the login of an agent, 64 characters at most. Empty if there
  /// was none. The server does not verify it: it says as much as the holder of the key is trusted.
  package let onBehalfOf: String

  /// The author of changes by nobody in particular, such as the server's own upkeep.
  package static let none = Author()

  /// The maximum length of ``onBehalfOf``, in Unicode scalars.
  package static let maxOnBehalfOfLength = 64

  package init(keyID: String = "", onBehalfOf: String = "") {
    self.keyID = keyID
    self.onBehalfOf = onBehalfOf
  }

  /// True if nothing is known of the author.
  package var isEmpty: Bool { keyID.isEmpty && onBehalfOf.isEmpty }

  /// Returns a caller's ``onBehalfOf`` as it is stored, without surrounding white space.
  ///
  /// - Throws: `TEXT_TOO_LONG`; `TEXT_HAS_CONTROL_CHARACTER`, also for the tabs and line breaks
  ///   that other texts may have, because the text is shown on one line.
  package static func onBehalfOf(_ text: String) throws(RuleError) -> String {
    let trimmed = try ShortText.parse(text, limit: maxOnBehalfOfLength)
    let breaks: Set<Unicode.GeneralCategory> = [.control, .lineSeparator, .paragraphSeparator]
    guard trimmed.unicodeScalars.allSatisfy({ !breaks.contains($0.category) }) else {
      throw RuleError(
        reason: "TEXT_HAS_CONTROL_CHARACTER",
        message: "The text holds a tab or a line break. Expected is one line of printable text, "
          + "such as the login of an agent: remove it."
      )
    }
    return trimmed
  }
}

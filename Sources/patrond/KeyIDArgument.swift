import ArgumentParser
import PatronModel

/// The id of a key on a command line. A whole key is refused: other users of the machine see
/// command lines.
struct KeyIDArgument: ExpressibleByArgument {
  let text: String

  init?(argument: String) { text = argument }

  /// Checks the form.
  func validate() throws {
    if KeyID(text) != nil { return }
    if APIKey(text) != nil || text.hasPrefix("patron_") {
      throw ValidationError(
        "name a key by its id alone, the \(KeyID.textLength) characters between the first two `_`; "
          + "a key on a command line can be read by others: if this was a whole key, rotate it"
      )
    }
    throw ValidationError(
      "`\(text.prefix(64))` is no id of a key; expected are \(KeyID.textLength) characters, as "
        + "`patrond keys list` shows them"
    )
  }
}

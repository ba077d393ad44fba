/// The words of the contract's enums in files and in properties of events.
package enum EnumWord {
  /// Returns `word`, or an empty string for the word of an unspecified value.
  package static func of(_ word: String) -> String { word == "unspecified" ? "" : word }
}

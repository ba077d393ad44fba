/// The words of the contract's enums in files and in properties of events.
package enum EnumWord {
  /// Returns `word`, or an empty string if it is the word of a value that says nothing.
  package static func of(_ word: String) -> String { word == "unspecified" ? "" : word }
}

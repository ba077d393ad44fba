/// Words of the enums of the contract, as files and properties of events have them.
package enum EnumWord {
  /// A value of an enum without what all of its values begin with; empty when it says nothing.
  package static func of<Value: CaseIterable & CustomStringConvertible & RawRepresentable>(
    _ value: Value
  ) -> String where Value.RawValue == Int32 {
    guard value.rawValue != 0, let first = Value.allCases.first?.description else { return "" }
    let prefix = first.dropLast("UNSPECIFIED".count)
    let name = value.description
    return (name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name).lowercased()
  }
}

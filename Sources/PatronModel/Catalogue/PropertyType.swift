/// The types of properties, as columns name them: `custom.shoe_size:int`.
package enum PropertyType: String, Sendable, Hashable, CaseIterable, Comparable {
  case string
  case bool
  case int
  case double
  case timestamp
  case date

  /// Orders the types as their cases.
  package static func < (left: PropertyType, right: PropertyType) -> Bool {
    left.rank < right.rank
  }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// A set of customers of one store, defined by terms and text.
package indirect enum CustomerSet: Sendable, Hashable {
  /// All customers of the store.
  case all
  /// Customers with one of these values of a category. A customer has at most one of them.
  case oneOf(category: String, values: [String])
  /// Customers with a value of a category that is equal or greater, byte by byte. A customer has at
  /// most one value of this category.
  case from(category: String, value: String)
  /// Customers with a smaller value of a category. Every customer has exactly one value of this
  /// category.
  case below(category: String, value: String)
  /// The union of the sets.
  case any([CustomerSet])
  /// The intersection of the sets.
  case every([CustomerSet])
  /// Customers whose e-mail address or phone number contains the fragment.
  case matching(String)
}

/// A property of a customer that filters can ask for: a value in a category, such as `subscribers`
/// in `sms`. The database interprets neither; rules of the service make them.
package struct Term: Sendable {
  package var category: String
  /// The value in its compared form.
  package var value: String
  /// The value as people read it. A term keeps the first label it was given.
  package var label: String

  /// Makes a term. Without a label its value is the label.
  package init(_ category: String, _ value: String, label: String? = nil) {
    self.category = category
    self.value = value
    self.label = label ?? value
  }
}

extension Term: Hashable {
  /// Compares category and value. Labels do not matter.
  package static func == (left: Term, right: Term) -> Bool {
    left.category == right.category && left.value == right.value
  }

  /// Hashes category and value.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(category)
    hasher.combine(value)
  }
}

/// The rules by which a customer's terms follow from its stored record. The writer applies them to
/// every change.
package struct TermRules: Sendable {
  /// Returns the terms of the row's identifiers and body. The reader belongs to the writing
  /// transaction.
  package var ofBody: @Sendable (CustomerRow, StoreReader) throws -> [Term]
  /// Returns the terms of the encoded statistics.
  package var ofStats: @Sendable (_ stats: [UInt8]) throws -> [Term]

  package init(
    ofBody: @escaping @Sendable (CustomerRow, StoreReader) throws -> [Term],
    ofStats: @escaping @Sendable (_ stats: [UInt8]) throws -> [Term]
  ) {
    self.ofBody = ofBody
    self.ofStats = ofStats
  }
}

/// A term and its counter, as stored.
package struct StoredTerm: Sendable, Equatable {
  /// The id, unique in the database.
  package var id: Int64
  /// The value in its compared form.
  package var value: String
  /// The value as people read it.
  package var label: String
  /// Customers that have it.
  package var count: Int64
}

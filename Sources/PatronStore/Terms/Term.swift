/// One thing that filters ask of a customer: a value in a category, such as `subscribers` in `sms`.
/// The store knows neither categories nor values; rules of the service make them.
package struct Term: Sendable {
  /// The category.
  package var category: String
  /// The value in the form that is compared.
  package var value: String
  /// The value as people read it; the first one given stays.
  package var label: String

  /// A value of a category; without a label it is its own.
  package init(_ category: String, _ value: String, label: String? = nil) {
    self.category = category
    self.value = value
    self.label = label ?? value
  }
}

extension Term: Hashable {
  /// A label makes no other term.
  package static func == (left: Term, right: Term) -> Bool {
    left.category == right.category && left.value == right.value
  }

  /// Hashes what is compared.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(category)
    hasher.combine(value)
  }
}

/// How a customer's terms follow from what is stored. The writer applies it with every change.
package struct TermRules: Sendable {
  /// The terms that the row's identifiers and body give. The reader is that of the writing
  /// transaction.
  package var ofBody: @Sendable (CustomerRow, StoreReader) throws -> [Term]
  /// The terms that the encoded statistics give.
  package var ofStats: @Sendable (_ stats: [UInt8]) throws -> [Term]

  /// Rules of both parts.
  package init(
    ofBody: @escaping @Sendable (CustomerRow, StoreReader) throws -> [Term],
    ofStats: @escaping @Sendable (_ stats: [UInt8]) throws -> [Term]
  ) {
    self.ofBody = ofBody
    self.ofStats = ofStats
  }
}

/// A term as it is stored.
package struct StoredTerm: Sendable, Equatable {
  /// Its number; one term of one store has it.
  package var id: Int64
  /// The value in the form that is compared.
  package var value: String
  /// The value as people read it.
  package var label: String
  /// How many customers have it.
  package var count: Int64
}

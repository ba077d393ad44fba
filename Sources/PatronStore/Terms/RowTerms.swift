/// Where a writer takes the terms of one part of a record from.
package enum TermSource: Sendable {
  /// The rules make them from what is written.
  case rules
  /// They are what they were, although the part was written anew.
  case unchanged
  /// The caller knows them: what the rules would make of the part, which it has at hand decoded.
  case known([Term])
}

/// What the writer of a record knows of its terms, so that nothing is decoded or looked up twice.
package struct RowTerms: Sendable {
  /// Of the identifiers and the body.
  package var body: TermSource
  /// Of the statistics.
  package var stats: TermSource

  /// What is not given follows from the rules.
  package init(body: TermSource = .rules, stats: TermSource = .rules) {
    self.body = body
    self.stats = stats
  }
}

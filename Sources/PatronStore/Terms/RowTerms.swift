/// The source of the terms of one part of a record.
package enum TermSource: Sendable {
  /// The writer computes them from the written part, by its rules.
  case rules
  /// They are unchanged, although the part was written again.
  case unchanged
  /// The caller computed them, because it has the decoded part at hand. They equal the result of
  /// the rules.
  case known([Term])
}

/// The terms of a written record, as far as its caller knows them. Known terms need neither
/// decoding nor a look-up.
package struct RowTerms: Sendable {
  /// The terms of the identifiers and the body.
  package var body: TermSource
  /// The terms of the statistics.
  package var stats: TermSource

  /// Makes the sources of both parts. Parts that are not given are computed by the rules.
  package init(body: TermSource = .rules, stats: TermSource = .rules) {
    self.body = body
    self.stats = stats
  }
}

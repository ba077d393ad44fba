internal import PatronModel
package import PatronProto
package import PatronStore

/// A customer filter that was checked, in one form for all ways to say the same.
package struct CheckedFilter: Sendable {
  /// By category, each with its filters, both sorted and without repeats.
  private(set) var selections: [(category: String, filters: [String])] = []
  /// What is searched for; nil when nothing is.
  package private(set) var query: String?

  /// The longest text of the search box in characters: an e-mail address fits.
  private static let longestQuery = 254
  /// Filters of all selections together.
  private static let mostFilters = 200

  /// Lets everybody through.
  package init() {}

  /// Checks a filter; absent is everybody.
  ///
  /// - Throws: INVALID_ARGUMENT with every category and filter that does not exist, and the
  ///   names of those that do.
  package init(_ filter: CustomerFilter?) throws(DomainError) {
    guard let filter else { return }
    var violations: [Violation] = []
    var joined: [String: Set<String>] = [:]
    if filter.selections.reduce(0, { $0 + $1.filters.count }) > Self.mostFilters {
      throw .invalid(
        "filter.selections",
        "LIST_TOO_LONG",
        "A filter has up to \(Self.mostFilters) filters in all its selections."
      )
    }
    for (index, selection) in filter.selections.enumerated() {
      let path = "filter.selections[\(index)]"
      let found = Self.check(selection, path)
      violations += found
      guard found.isEmpty else { continue }
      let keys = selection.filters.map { FilterSets.key(selection.category, $0) }
      joined[selection.category, default: []].formUnion(keys)
    }
    if filter.query.unicodeScalars.count > Self.longestQuery {
      let error = RuleError(
        reason: "QUERY_TOO_LONG",
        message: "A search has up to \(Self.longestQuery) characters."
      )
      violations.append(Violation(path: "filter.query", error: error))
    }
    guard violations.isEmpty else { throw .invalid(violations) }
    selections = joined.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted()) }
    query = filter.query.allSatisfy(\.isWhitespace) ? nil : filter.query
  }

  private static func check(_ selection: FilterSelection, _ path: String) -> [Violation] {
    var violations: [Violation] = []
    guard FilterCatalogue.category(selection.category) != nil else {
      do throws(RuleError) {
        try FilterCatalogue.check(category: selection.category, filter: "")
      } catch {
        violations.append(Violation(path: "\(path).category", error: error))
      }
      return violations
    }
    guard !selection.filters.isEmpty else {
      let error = RuleError(
        reason: "FILTERS_MISSING",
        message: "A selection names at least one filter."
      )
      return [Violation(path: "\(path).filters", error: error)]
    }
    for (index, filter) in selection.filters.enumerated() {
      do throws(RuleError) {
        try FilterCatalogue.check(category: selection.category, filter: filter)
      } catch {
        violations.append(Violation(path: "\(path).filters[\(index)]", error: error))
      }
    }
    return violations
  }

  /// Whether everybody passes.
  package var isEmpty: Bool { selections.isEmpty && query == nil }

  /// The customers who pass, by the clock of `now`. A search for the beginning of a phone number as
  /// it is written in the store's country finds it too.
  package func set(at now: Int64, in reader: StoreReader) throws -> CustomerSet {
    var sets = selections.map { selection in
      let sets = selection.filters.map { FilterSets.set(selection.category, $0, at: now) }
      return sets.count == 1 ? sets[0] : CustomerSet.any(sets)
    }
    if let query {
      let international = try internationalForm(of: query, in: reader)
      let found = CustomerSet.matching(query)
      sets.append(international.map { .any([found, .matching($0)]) } ?? found)
    }
    return switch sets.count {
    case 0: .all
    case 1: sets[0]
    default: .every(sets)
    }
  }

  /// A fragment that begins as numbers of the store's country do there, as it stands in records;
  /// nil for others. The settings are read for what may be one only.
  private func internationalForm(
    of query: String,
    in reader: StoreReader
  ) throws -> String? {
    guard SearchText.mayBeNational(query) else { return nil }
    let country = try StoreSettings(of: reader).country
    return country.flatMap { SearchText.international(query, in: $0) }
  }

  /// Binds a page token to the filter.
  package func add(to fingerprint: inout Fingerprint) {
    for needle in query.map(SearchText.needles) ?? [] { fingerprint.add(needle) }
    fingerprint.add("")
    for selection in selections {
      fingerprint.add(selection.category)
      fingerprint.add(Int64(selection.filters.count))
      for filter in selection.filters { fingerprint.add(filter) }
    }
  }
}

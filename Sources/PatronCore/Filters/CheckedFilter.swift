internal import PatronModel
package import PatronProto
package import PatronStore

/// A checked customer filter, in one form for all equivalent requests.
package struct CheckedFilter: Sendable {
  /// The filters by category. Both are sorted and without repeats.
  private(set) var selections: [(category: String, filters: [String])] = []
  /// The text of the search box; nil without a search.
  package private(set) var query: String?

  /// The maximum length of a search in characters. It fits any e-mail address.
  private static let maxQueryLength = 254
  /// The maximum number of filters in all selections together.
  private static let maxFilters = 200

  /// Creates a filter that matches all customers.
  package init() {}

  /// Checks a filter. An absent filter matches all customers.
  ///
  /// - Throws: INVALID_ARGUMENT with every unknown category and filter, and the names of the known
  ///   ones.
  package init(_ filter: CustomerFilter?) throws(DomainError) {
    guard let filter else { return }
    var violations: [Violation] = []
    var joined: [String: Set<String>] = [:]
    if filter.selections.reduce(0, { $0 + $1.filters.count }) > Self.maxFilters {
      throw .invalid(
        "filter.selections",
        "LIST_TOO_LONG",
        "A filter has up to \(Self.maxFilters) filters in all its selections."
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
    if filter.query.unicodeScalars.count > Self.maxQueryLength {
      let error = RuleError(
        reason: "QUERY_TOO_LONG",
        message: "A search has up to \(Self.maxQueryLength) characters."
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

  /// True if the filter matches all customers.
  package var isEmpty: Bool { selections.isEmpty && query == nil }

  /// Returns the customers that match at `now`, in microseconds since 1970. A search for the
  /// beginning of a phone number also finds numbers written in the national form of the store's
  /// country.
  package func set(at now: Int64, in reader: StoreReader) throws -> CustomerSet {
    var sets = try selections.map { selection in
      let sets = try selection.filters.map {
        try FilterSets.set(selection.category, $0, at: now, in: reader)
      }
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

  /// Returns the international form, as records store it, of a fragment that begins like a national
  /// number of the store's country; nil for other fragments. The settings are read only if the
  /// fragment may be national.
  private func internationalForm(
    of query: String,
    in reader: StoreReader
  ) throws -> String? {
    guard SearchText.mayBeNational(query) else { return nil }
    let country = try StoreSettings(of: reader).country
    return country.flatMap { SearchText.international(query, in: $0) }
  }

  /// Adds the filter to a fingerprint, which binds page tokens to it.
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

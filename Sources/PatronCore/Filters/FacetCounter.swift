package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// A counter of customers by predefined filter.
package struct FacetCounter {
  package let reader: StoreReader
  package let now: Int64

  package init(reader: StoreReader, now: Int64) {
    self.reader = reader
    self.now = now
  }

  /// The maximum number of values reported for a category whose values the store defines, such as
  /// tags. Only the most frequent values are reported.
  static let maxValues = 100

  /// Counts all customers of the store. The counts come from counters; no customer is read.
  package func everybody(_ categories: [PatronModel.FilterCategory]) throws
    -> CountCustomersResponse
  {
    var response = CountCustomersResponse()
    response.total = try reader.countAtOnce(of: FilterSets.everybody) ?? 0
    for category in categories {
      if category.isDynamic {
        let terms = try reader.commonestTerms(of: category.id, limit: Self.maxValues)
        response.facets += terms.map { .count($0.count, category.id, $0.label) }
      } else {
        for filter in category.filters {
          let set = try FilterSets.set(category.id, filter.id, at: now, in: reader)
          let count = try reader.countAtOnce(of: set) ?? 0
          response.facets.append(.count(count, category.id, filter.id))
        }
      }
    }
    return response
  }

  /// Counts the customers of a set. Walks the set and adds up the terms of its customers.
  package func customers(
    in set: CustomerSet,
    _ categories: [PatronModel.FilterCategory]
  ) throws -> CountCustomersResponse {
    var response = CountCustomersResponse()
    if categories.isEmpty, let count = try reader.countAtOnce(of: set) {
      response.total = count
      return response
    }
    var tally = TermTally()
    let facets = try categories.flatMap { try self.facets($0, &tally) }
    try reader.customerIDs(in: set) { id in
      response.total += 1
      if !facets.isEmpty { try reader.termIDs(of: id) { tally.count($0) } }
      return true
    }
    for category in categories {
      var counts = facets.filter { $0.category == category.id }
        .map { FacetCount.count(tally.sum($0, of: response.total), category.id, $0.filter) }
      if category.isDynamic {
        counts.removeAll { $0.count == 0 }
        counts.sort { ($1.count, $0.filter) < ($0.count, $1.filter) }
      }
      response.facets += counts.prefix(category.isDynamic ? Self.maxValues : .max)
    }
    return response
  }

  /// The terms that add up to the count of one filter.
  struct Facet {
    var category: String
    var filter: String
    /// Indexes in the tally. A customer has at most one of these terms.
    var places: [Int]
    /// True if customers without any of the terms are counted.
    var isComplement = false
  }

  private func facets(
    _ category: PatronModel.FilterCategory,
    _ tally: inout TermTally
  ) throws -> [Facet] {
    guard !category.isDynamic else {
      return try reader.terms(of: .from(category: category.id, value: "")).map { term in
        Facet(category: category.id, filter: term.label, places: [tally.place(of: term.id)])
      }
    }
    return try category.filters.map { filter in
      var set = try FilterSets.set(category.id, filter.id, at: now, in: reader)
      var isComplement = false
      // The days before are many and the days since are few, so the complement is counted.
      if case .below(let days, let first) = set {
        set = .from(category: days, value: first)
        isComplement = true
      }
      let places = try reader.terms(of: set).map { tally.place(of: $0.id) }
      return Facet(
        category: category.id,
        filter: filter.id,
        places: places,
        isComplement: isComplement
      )
    }
  }
}

/// The number of customers for each term of interest.
struct TermTally {
  private var places: [Int64: Int] = [:]
  private var counts: [Int64] = []

  /// Returns the index of a term's count. A term is counted from the first call on.
  mutating func place(of term: Int64) -> Int {
    if let known = places[term] { return known }
    places[term] = counts.count
    counts.append(0)
    return counts.count - 1
  }

  /// Counts a customer that has the term. Terms without an index are ignored.
  mutating func count(_ term: Int64) {
    if let place = places[term] { counts[place] += 1 }
  }

  /// Returns the count of a facet among `total` customers.
  func sum(_ facet: FacetCounter.Facet, of total: Int64) -> Int64 {
    let sum = facet.places.reduce(Int64(0)) { $0 + counts[$1] }
    return facet.isComplement ? total - sum : sum
  }
}

extension FacetCount {
  fileprivate static func count(
    _ count: Int64,
    _ category: String,
    _ filter: String
  ) -> FacetCount {
    .with {
      $0.category = category
      $0.filter = filter
      $0.count = count
    }
  }
}

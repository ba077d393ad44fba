package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// Counts customers by predefined filter.
package struct FacetCounter {
  package let reader: StoreReader
  package let now: Int64

  package init(reader: StoreReader, now: Int64) {
    self.reader = reader
    self.now = now
  }

  /// Values of a category that are the store's own, such as tags, are many: only the commonest
  /// are told.
  static let mostValues = 100

  /// Of the whole store: from counters, without a look at any customer.
  package func everybody(_ categories: [PatronModel.FilterCategory]) throws
    -> CountCustomersResponse
  {
    var response = CountCustomersResponse()
    response.total = try reader.countAtOnce(of: FilterSets.everybody) ?? 0
    for category in categories {
      if category.isDynamic {
        let terms = try reader.commonestTerms(of: category.id, limit: Self.mostValues)
        response.facets += terms.map { .count($0.count, category.id, $0.label) }
      } else {
        for filter in category.filters {
          let set = FilterSets.set(category.id, filter.id, at: now)
          let count = try reader.countAtOnce(of: set) ?? 0
          response.facets.append(.count(count, category.id, filter.id))
        }
      }
    }
    return response
  }

  /// Of a set: walks it, and adds up the terms of those who are in it.
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
      response.facets += counts.prefix(category.isDynamic ? Self.mostValues : .max)
    }
    return response
  }

  /// What adds up to one filter's count.
  struct Facet {
    var category: String
    var filter: String
    /// Places in the tally; nobody has two of these terms.
    var places: [Int]
    /// Counts those who have none of the terms.
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
      var set = FilterSets.set(category.id, filter.id, at: now)
      var isComplement = false
      // The days before are many, those since are few.
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

/// How many customers have each term of interest.
struct TermTally {
  private var places: [Int64: Int] = [:]
  private var counts: [Int64] = []

  /// The place of a term's count; a term counts from its first mention on.
  mutating func place(of term: Int64) -> Int {
    if let known = places[term] { return known }
    places[term] = counts.count
    counts.append(0)
    return counts.count - 1
  }

  /// Counts a customer that has the term.
  mutating func count(_ term: Int64) {
    if let place = places[term] { counts[place] += 1 }
  }

  /// The count of a facet among `total` customers.
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

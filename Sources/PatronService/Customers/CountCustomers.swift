internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// Returns true for a count that visits every customer of its filter. Counters answer the others.
  static func visitsCustomers(_ request: CountCustomersRequest) -> Bool {
    guard let filter = request.filter else { return false }
    let filters = filter.selections.reduce(0) { $0 + $1.filters.count }
    return !filter.query.isEmpty || filters > 1
      || filters == 1 && !request.facetCategories.isEmpty
  }

  /// Counts the customers that match a filter, in total and for each predefined filter that they
  /// match too.
  static func countCustomers(
    _ request: CountCustomersRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    let reader = context.reader
    let filter = try CheckedFilter(request.filter)
    let categories = try facetCategories(request.facetCategories)
    let counter = FacetCounter(reader: reader, now: context.now)
    let answer =
      try filter.isEmpty
      ? counter.everybody(categories)
      : counter.customers(in: filter.set(at: context.now, in: reader), categories)
    try response.append(answer)
  }

  /// Returns the categories to count by, in the order of the catalogue.
  private static func facetCategories(
    _ names: [String]
  ) throws(DomainError) -> [PatronModel.FilterCategory] {
    var violations: [Violation] = []
    for (index, name) in names.enumerated()
    where name != "*" && FilterCatalogue.category(name) == nil {
      do throws(RuleError) {
        try FilterCatalogue.check(category: name, filter: "")
      } catch {
        violations.append(Violation(path: "facet_categories[\(index)]", error: error))
      }
    }
    guard violations.isEmpty else { throw .invalid(violations) }
    let wanted = Set(names)
    return FilterCatalogue.categories.filter { wanted.contains("*") || wanted.contains($0.id) }
  }
}

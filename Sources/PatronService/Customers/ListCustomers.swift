internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import TTRPC

extension CustomerHandlers {
  /// Returns true for a list whose sort reads all customers of its filter.
  static func sortsAll(_ request: ListCustomersRequest) -> Bool {
    switch request.sort {
    case .updated, .name, .totalSpent, .orderCount: true
    default: false
    }
  }

  /// Appends a page of the customers of a filter.
  static func listCustomers(
    _ request: ListCustomersRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    let reader = context.reader
    let customers = try CustomerAppending(request.view, reader, at: context.now)
    let filter = try CheckedFilter(request.filter)
    let size = try PageSize.check(request.pageSize)
    let sort = try CheckedSort.checked(request.sort, reader)
    let binding = binding(filter, sort, reader.store)
    var position: [Int64]?
    if !request.pageToken.isEmpty {
      let count = sort == nil ? 1 : CheckedSort.positionWords
      position = try PageToken(request.pageToken, boundTo: binding, count: count).position
    }
    let set = try filter.set(at: context.now, in: reader)
    let next =
      if let sort {
        try sortedPage(sort, set, reader, customers, size: size, after: position, &response)
      } else {
        try newestPage(set, reader, customers, size: size, after: position, &response)
      }
    if let next {
      response.appendString(
        ListCustomersResponse.Field.nextPageToken,
        PageToken(position: next).text(boundTo: binding)
      )
    }
  }

  /// Appends a page, newest first. Returns the position of the next page, or nil if there is none.
  private static func newestPage(
    _ set: CustomerSet,
    _ reader: StoreReader,
    _ customers: CustomerAppending,
    size: Int,
    after position: [Int64]?,
    _ response: inout ResponseBuffer
  ) throws -> [Int64]? {
    var count = 0
    var last: Int64 = 0
    var hasMore = false
    try reader.customers(in: set, before: position?[0] ?? .max) { id, record, stats in
      // A customer beyond the page shows that another page follows.
      guard count < size, count == 0 || response.count < PageSize.enoughBytes else {
        hasMore = true
        return false
      }
      try customers.append(
        record,
        stats,
        as: ListCustomersResponse.Field.customers,
        to: &response
      )
      count += 1
      last = id
      return true
    }
    return hasMore ? [last] : nil
  }

  /// Appends a page in another sort. Reads all customers of the set, unless the database has lists
  /// in that sort.
  private static func sortedPage(
    _ sort: CheckedSort,
    _ set: CustomerSet,
    _ reader: StoreReader,
    _ customers: CustomerAppending,
    size: Int,
    after position: [Int64]?,
    _ response: inout ResponseBuffer
  ) throws -> [Int64]? {
    let after = try position.map { try sort.key(at: $0, reader) }
    var least = LeastKeys(count: size + 1, after: after)
    for part in try parts(of: set, sort, after: after, reader) {
      try reader.listedCustomers(in: part.set, before: part.before) { customer in
        least.add(sort.key(customer))
        return !part.isInOrder || !least.isFull
      }
      if least.isFull { break }
    }
    let keys = least.sorted()
    var last: [UInt64] = []
    for (index, key) in keys.enumerated() {
      guard index < size, index == 0 || response.count < PageSize.enoughBytes else {
        return sort.position(of: last)
      }
      try reader.customer(.id(CheckedSort.id(key))) { _, record, stats in
        try customers.append(
          record,
          stats,
          as: ListCustomersResponse.Field.customers,
          to: &response
        )
      }
      last = key
    }
    return nil
  }

  /// A part of a sorted list.
  private struct Part {
    var set: CustomerSet
    /// True if the set has the customers in the sort of the list: newest first.
    var isInOrder = false
    /// The id below which the part continues. Customers with this id or a greater id are listed
    /// already.
    var before = Int64.max
  }

  /// The number of customers up to which a set is read as a whole.
  private static let fewCustomers: Int64 = 2000

  /// Splits the set into parts, each of which comes before the next in the sort. For the sort by
  /// last event the parts are days, so that the first page reads only the customers of the last few
  /// days.
  private static func parts(
    of set: CustomerSet,
    _ sort: CheckedSort,
    after: [UInt64]?,
    _ reader: StoreReader
  ) throws -> [Part] {
    guard sort == .lastEvent, try reader.estimate(of: set) > fewCustomers else {
      return [Part(set: set)]
    }
    var days = try reader.terms(of: .from(category: FilterDays.lastEvent, value: ""))
    let first = after.map { CheckedSort.lastEventDay($0) }
    if let first { days.removeAll { $0.value > first } }
    return days.reversed().map { day in
      let ofDay = CustomerSet.oneOf(category: FilterDays.lastEvent, values: [day.value])
      var part = Part(set: set == .all ? ofDay : .every([set, ofDay]))
      // Customers without events differ only in their ids.
      part.isInOrder = day.value == FilterDays.never
      if let after, part.isInOrder, first == day.value { part.before = CheckedSort.id(after) }
      return part
    }
  }

  private static func binding(
    _ filter: CheckedFilter,
    _ sort: CheckedSort?,
    _ store: StoreID
  ) -> PageBinding {
    var binding = PageBinding(.customers, store: store.name)
    var fingerprint = Fingerprint()
    filter.add(to: &fingerprint)
    binding.bind(.filter, fingerprint)
    binding.bind(.order, Fingerprint(sort?.label ?? "created"))
    return binding
  }
}

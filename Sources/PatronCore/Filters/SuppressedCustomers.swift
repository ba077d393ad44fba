package import PatronModel
package import PatronStore

/// The customers with a suppressed address, loaded before a long walk. Most customers are not among
/// them, so their addresses need not be hashed for a lookup.
package struct SuppressedCustomers {
  /// The customers' ids, newest first, by the raw value of the channel.
  private var ids: [[Int64]] = []

  /// Reads the customers from the store's terms. Each takes eight bytes of memory.
  package init(_ reader: StoreReader, now: Int64) throws {
    for channel in PatronModel.Channel.allCases {
      while ids.count <= channel.rawValue { ids.append([]) }
      let set = try FilterSets.set(channel.name, "suppressed", at: now, in: reader)
      try reader.customerIDs(in: set) { id in
        ids[channel.rawValue].append(id)
        return true
      }
    }
  }

  /// Returns true if the customer's address of the channel is suppressed, by binary search.
  package func contains(_ id: Int64, _ channel: PatronModel.Channel) -> Bool {
    let list = ids[channel.rawValue]
    var (low, high) = (0, list.count)
    while low < high {
      let middle = (low + high) / 2
      if list[middle] > id {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low < list.count && list[low] == id
  }
}

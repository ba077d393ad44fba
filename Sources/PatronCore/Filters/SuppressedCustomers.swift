package import PatronModel
package import PatronStore

/// The customers whose address is suppressed, known before a long walk: most customers are not
/// among them, and need not have their addresses hashed to find out.
package struct SuppressedCustomers {
  /// By raw value of the channel, newest first.
  private var ids: [[Int64]] = []

  /// Reads them from the store's terms, eight bytes for each.
  package init(_ reader: StoreReader, now: Int64) throws {
    for channel in PatronModel.Channel.allCases {
      while ids.count <= channel.rawValue { ids.append([]) }
      let set = FilterSets.set(channel.name, "suppressed", at: now)
      try reader.customerIDs(in: set) { id in
        ids[channel.rawValue].append(id)
        return true
      }
    }
  }

  /// Whether a customer is among them.
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

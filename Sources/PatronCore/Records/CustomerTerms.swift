internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// The filter terms of a customer, computed from the stored record by ``categories``. They do not
/// depend on the clock: the filters that do use the days of the last order and the last event.
package enum CustomerTerms {
  /// The rules that the store applies with every write.
  package static let rules = TermRules(
    ofBody: { row, reader in
      of(
        try Customer(stored: row.body),
        AddressFacts(
          suppressedChannels: try suppressedChannels(of: row, in: reader),
          sharedPhoneDay: try SharedPhone.day(of: row, in: reader)
        )
      )
    },
    ofStats: { of(stats: try Customer(stored: $0)) }
  )

  /// Returns true if a change of these fields can change the terms of the body. `subscriptions`
  /// stands for consent; suppressions are not covered.
  static func depend(onAnyOf fields: [String]) -> Bool { fields.contains(where: sources.contains) }

  private static let sources = categories.reduce(into: Set<String>()) { $0.formUnion($1.dependsOn) }

  /// Returns the channels on which the customer's address is suppressed. A caller that changes
  /// suppressions must write the customer afterwards, or call ``StoreWriter/refreshTerms(of:)``.
  /// `known` holds the results of earlier lookups.
  static func suppressedChannels(
    of row: CustomerRow,
    in reader: StoreReader,
    known: [PatronModel.Channel: Bool] = [:]
  ) throws -> Set<PatronModel.Channel> {
    let suppressions = SuppressionReader(reader)
    return try Set(
      PatronModel.Channel.allCases.filter { channel in
        if let isSuppressed = known[channel] { return isSuppressed }
        guard let address = row.address(channel) else { return false }
        return try !suppressions.suppressions(channel, of: address).isEmpty
      }
    )
  }

  /// Returns the terms of a record.
  package static func of(_ customer: Customer, _ addresses: AddressFacts) -> [Term] {
    var terms: [Term] = []
    terms.reserveCapacity(16)
    // By index, because a category that is copied out of the list is retained part by part.
    for place in categories.indices { categories[place].ofRecord(customer, addresses, &terms) }
    return terms
  }

  /// Returns the terms of order statistics and events.
  package static func of(stats: Customer) -> [Term] {
    var terms: [Term] = []
    terms.reserveCapacity(8)
    for place in categories.indices { categories[place].ofStatistics(stats, &terms) }
    return terms
  }

  /// Returns the day of the last event as a term's value.
  package static func lastEventDay(_ stats: Customer) -> String {
    stats.lastEventAt.map { FilterDays.value($0.micros) } ?? FilterDays.never
  }
}

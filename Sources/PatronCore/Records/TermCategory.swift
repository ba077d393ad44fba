package import PatronModel
package import PatronProto
package import PatronStore

/// A category of filters with the terms that its filters find.
package struct TermCategory: Sendable {
  /// Appends the terms that a record has. Runs on the writer's thread, and must not read the clock.
  package typealias OfRecord = @Sendable (Customer, AddressFacts, inout [Term]) -> Void
  /// Appends the terms that order statistics and events have, under the same conditions.
  package typealias OfStatistics = @Sendable (_ stats: Customer, inout [Term]) -> Void

  /// The category as callers see it: its id, labels, filters and their rules.
  package let filters: PatronModel.FilterCategory
  /// The fields of `patron.v1.Customer` that its terms come from, by their names in the contract. A
  /// change of other fields leaves the stored terms as they are. Suppressions and shared numbers
  /// are those of `email` and `phone_number`.
  package let dependsOn: Set<String>
  /// The terms are in the category, or in a hidden category that a filter's rule names.
  package let ofRecord: OfRecord
  package let ofStatistics: OfStatistics

  /// Makes a category. A part that is left out has no terms.
  package init(
    _ filters: PatronModel.FilterCategory,
    dependsOn: Set<String>,
    ofRecord: @escaping OfRecord = { _, _, _ in },
    ofStatistics: @escaping OfStatistics = { _, _ in }
  ) {
    self.filters = filters
    self.dependsOn = dependsOn
    self.ofRecord = ofRecord
    self.ofStatistics = ofStatistics
  }
}

/// The facts about a customer's addresses that other tables hold.
package struct AddressFacts: Sendable {
  /// The channels on which the address is suppressed.
  package var suppressedChannels: Set<PatronModel.Channel>
  /// The number of the day since which the phone number is shared; nil if it is not.
  package var sharedPhoneDay: Int64?

  package init(suppressedChannels: Set<PatronModel.Channel>, sharedPhoneDay: Int64?) {
    self.suppressedChannels = suppressedChannels
    self.sharedPhoneDay = sharedPhoneDay
  }
}

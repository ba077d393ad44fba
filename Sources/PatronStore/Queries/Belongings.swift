/// The number of records of a customer, by kind.
package struct Belongings: Sendable, Equatable {
  package var events: Int64 = 0
  package var orders: Int64 = 0
  /// Rows of the consent ledger.
  package var ledger: Int64 = 0
  package var checkouts: Int64 = 0

  package var total: Int64 { events + orders + ledger + checkouts }
}

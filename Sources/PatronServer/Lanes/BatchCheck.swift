/// A checked request with many items. They are checked a few at a time.
package protocol PreparedBatch: Sendable {
  /// The extent of the batch. Its findings are those of the items so far.
  var extent: BatchExtent { get }
  /// True if a part of an item was left out because a phone number lacks a country.
  var lacksCountry: Bool { get }
  /// True if all items are checked.
  var isChecked: Bool { get }
  /// Checks up to `count` further items, in order, at least one if any are left. Ends early after
  /// `end`, and after the first item that lacks a country.
  mutating func checkItems(atMost count: Int, until end: ContinuousClock.Instant?)
}

/// The checks of a batch, used on one I/O loop.
struct BatchCheck<Batch: PreparedBatch> {
  private(set) var batch: Batch
  /// Returns the batch with the store's default country, unchecked, or nil if the store has none.
  private var withCountry: (() throws -> Batch?)?

  /// Creates the checks of a batch. They begin again with `withCountry` at the first item that
  /// lacks a country.
  init(_ batch: Batch, withCountry: (() throws -> Batch?)? = nil) {
    self.batch = batch
    self.withCountry = withCountry
  }

  /// Checks some items, and ends early after `end`. Returns true if all are checked.
  mutating func advance(until end: ContinuousClock.Instant?) throws -> Bool {
    batch.checkItems(atMost: Preparations.turnItems, until: end)
    if batch.lacksCountry, let make = withCountry {
      withCountry = nil
      if let other = try make() {
        batch = other
        return false
      }
    }
    return batch.isChecked
  }
}

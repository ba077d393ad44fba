internal import Foundation
internal import PatronModel

/// The time zone of a store, for times that are given without a zone.
enum StoreTimeZone {
  /// Returns the name of an existing time zone.
  ///
  /// - Throws: `TIME_ZONE_UNKNOWN`.
  static func name(_ text: String) throws(RuleError) -> String {
    guard ZoneName.isUsable(text), TimeZone(identifier: text) != nil else {
      throw ZoneName.unknown(text)
    }
    return text
  }
}

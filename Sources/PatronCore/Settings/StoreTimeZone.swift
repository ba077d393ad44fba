internal import Foundation
internal import PatronModel

/// The zone of a store's times that are given without one.
enum StoreTimeZone {
  /// The name of a zone that exists.
  ///
  /// - Throws: `TIME_ZONE_UNKNOWN`.
  static func name(_ text: String) throws(RuleError) -> String {
    guard ZoneName.isUsable(text), TimeZone(identifier: text) != nil else {
      throw ZoneName.unknown(text)
    }
    return text
  }
}

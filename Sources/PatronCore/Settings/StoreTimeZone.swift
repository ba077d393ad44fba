internal import Foundation
internal import PatronModel

/// The time zone of a store, for times that are given without a zone and for the present date.
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

  /// Returns the rules of a zone, those of UTC if the name is empty.
  static func rules(_ name: String) -> ZoneRules {
    guard let zone = TimeZone(identifier: name) else { return .utc }
    return ZoneRules { seconds in
      Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
    }
  }
}

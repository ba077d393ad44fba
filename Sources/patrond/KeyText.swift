import PatronCore
import PatronModel
import PatronProto
import PatronStore

/// Keys as text for people.
enum KeyText {
  /// Returns one line for a key.
  static func summary(_ key: KeyInfo) -> String {
    let store = key.storeID == "*" ? "every store" : "the store \(key.storeID)"
    let end = key.expiresAt.map { "until \(time($0))" } ?? "without an end"
    let limits = KeyLimitsArgument.text(of: key.limits)
    return "key \(key.keyID) of \(store), \(end): \(key.scopes.joined(separator: ", "))"
      + (limits.isEmpty ? "" : "; limits \(limits)")
  }

  /// Returns a table of keys. Limits of their own have a column if a key has any.
  static func table(_ keys: [KeyInfo]) -> String {
    let limits = keys.map { KeyLimitsArgument.text(of: $0.limits) }
    let hasLimits = limits.contains { !$0.isEmpty }
    var titles = ["KEY", "STORE", "STATE", "EXPIRES", "LAST USED", "SCOPES"]
    if hasLimits { titles.append("LIMITS") }
    var table = PlainTable(titles + ["NAMES", "DESCRIPTION"])
    for (key, limit) in zip(keys, limits) {
      var row = [
        key.keyID,
        key.storeID == "*" ? "every" : key.storeID,
        state(key),
        key.expiresAt.map(time) ?? "never",
        key.lastUsedAt.map { hour($0) } ?? "never",
        key.scopes.joined(separator: ","),
      ]
      if hasLimits { row.append(limit) }
      table.add(row + [key.names.joined(separator: ","), key.description])
    }
    return table.text
  }

  private static func state(_ key: KeyInfo) -> String {
    switch key.state {
    case .active: key.formerSecretUntil == nil ? "active" : "rotating"
    case .expired: "expired"
    case .revoked: "revoked"
    default: "unknown"
    }
  }

  /// Returns the hour, in UTC.
  private static func hour(_ time: GoogleProtobuf.Timestamp) -> String {
    String(rfc3339(time).prefix(13)).replacing("T", with: " ") + "h"
  }

  /// Returns the minute, in UTC.
  static func time(_ time: GoogleProtobuf.Timestamp) -> String {
    String(rfc3339(time).prefix(16)).replacing("T", with: " ") + " UTC"
  }

  private static func rfc3339(_ time: GoogleProtobuf.Timestamp) -> String {
    ((try? Timestamp(seconds: time.seconds, nanos: time.nanos)) ?? .epoch).rfc3339
  }

  /// Returns the end of a key as a request has it; nil for none.
  static func timestamp(_ end: ExpiryArgument) -> GoogleProtobuf.Timestamp? {
    end.instant(now: WallClock.system.now()).map { GoogleProtobuf.Timestamp(micros: $0) }
  }
}

internal import PatronModel
internal import PatronStore

/// The caller of a connection's last call, as it was verified. Used on the connection's loop only.
final class CallerSession {
  /// The value of the metadata `authorization`; empty for a caller that sent none.
  let token: [UInt8]
  let principal: Principal
  /// The keys with which the caller was verified, and their version; nil without keys.
  let keys: KeyRing.Keys?
  let version: UInt64
  /// The time from which on the caller must be verified again, in microseconds since 1970 UTC.
  let validUntil: Int64
  /// The stores that calls have entered, by the name in the request.
  private var visits: [String: Visit] = [:]
  private var latest: Visit?
  /// The version of the limits that the visits reflect.
  private var limitsVersion: UInt64 = 0

  /// A store, with the caller as it is there.
  struct Visit {
    /// The name in the request, which may be empty.
    let name: String
    let store: StoreID
    let principal: Principal
  }

  /// The maximum number of stores that are kept.
  private static let maxVisits = 32

  init(
    token: [UInt8] = [],
    _ principal: Principal,
    _ keys: KeyRing.Keys?,
    version: UInt64 = 0,
    validUntil: Int64 = .max
  ) {
    self.token = token
    self.principal = principal
    self.keys = keys
    self.version = version
    self.validUntil = validUntil
  }

  /// Returns the caller as an earlier call of the same store found it, or nil.
  func visit(_ name: String, limitsVersion: UInt64) -> Visit? {
    guard self.limitsVersion == limitsVersion else { return nil }
    if let latest, latest.name == name { return latest }
    guard let known = visits[name] else { return nil }
    latest = known
    return known
  }

  /// Keeps a visit for the next calls.
  func keep(_ visit: Visit, limitsVersion: UInt64) {
    if self.limitsVersion != limitsVersion || visits.count >= Self.maxVisits { visits.removeAll() }
    self.limitsVersion = limitsVersion
    visits[visit.name] = visit
    latest = visit
  }
}

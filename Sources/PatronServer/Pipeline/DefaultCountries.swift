internal import PatronModel
internal import PatronStore
internal import ProtobufC

/// The default countries of stores, cached until any store changes its settings. Used on one I/O
/// loop.
final class DefaultCountries {
  /// The maximum number of cached stores. The cache is cleared when it is full.
  private static let maxStores = 1000

  private let reader: PointReader
  private let store: Store
  private let read: @Sendable (StoreReader) throws -> String
  private var countries: [StoreID: String] = [:]
  /// The version of the settings that the cache reflects.
  private var version: UInt64 = 0

  init(
    _ reader: PointReader,
    _ store: Store,
    _ read: @escaping @Sendable (StoreReader) throws -> String
  ) {
    self.reader = reader
    self.store = store
    self.read = read
  }

  /// Returns the default country of a store; empty if it has none.
  func country(of id: StoreID) throws -> String {
    // The version is read before the snapshot: a change in between makes the entry outdated.
    let current = store.settingsVersion
    if current != version || countries.count >= Self.maxStores { countries.removeAll() }
    version = current
    if let country = countries[id] { return country }
    let country = try reader.read { try read(StoreReader($0, id)) }
    countries[id] = country
    return country
  }
}

/// A prepare step that reads phone numbers without a country as numbers of the store's default
/// country.
struct DefaultCountryStep<Request: StoreRequest, Prepared: Sendable>: Sendable {
  /// The field of the request that names a country.
  let country: any WritableKeyPath<Request, String> & Sendable
  /// Returns true if a part of the prepared request was left out because a phone number lacks a
  /// country.
  let lacksCountry: @Sendable (Prepared) -> Bool
  let prepare: @Sendable (Request, CallContext) throws -> Prepared

  /// Prepares a request. It is prepared again with the store's country only if one of its numbers
  /// lacks a country and the request names none.
  func prepare(
    _ request: Request,
    _ context: CallContext,
    _ countries: DefaultCountries
  ) throws -> Prepared {
    let names = !request[keyPath: country].isEmpty
    let first: Prepared
    do {
      first = try prepare(request, context)
      if names || !lacksCountry(first) { return first }
    } catch let error as InvalidInput where error.lacksCountry {
      if names { throw error.withCountryGiven }
      guard let again = try prepareAgain(request, context, countries) else { throw error }
      return again
    }
    return try prepareAgain(request, context, countries) ?? first
  }

  private func prepareAgain(
    _ request: Request,
    _ context: CallContext,
    _ countries: DefaultCountries
  ) throws -> Prepared? {
    let name = try countries.country(of: context.store)
    guard !name.isEmpty else { return nil }
    var request = request
    request[keyPath: country] = name
    return try prepare(request, context)
  }
}

extension DefaultCountryStep where Prepared: PreparedBatch {
  /// Begins the checks of a batch. At the first number without a country they begin again with the
  /// store's, if the request names none.
  func begin(
    _ request: Request,
    _ context: CallContext,
    _ countries: DefaultCountries
  ) throws -> BatchCheck<Prepared> {
    let batch = try prepare(request, context)
    guard request[keyPath: country].isEmpty else { return BatchCheck(batch) }
    return BatchCheck(batch) { try prepareAgain(request, context, countries) }
  }
}

extension InvalidInput {
  /// True if a phone number was refused because its country is unknown.
  fileprivate var lacksCountry: Bool {
    violations.contains { $0.error.reason == PhoneNumber.countryMissing }
  }

  /// The error for a request that names a country. Violations of phone numbers that lack a country
  /// are removed if others remain: then the named country is the mistake.
  fileprivate var withCountryGiven: InvalidInput {
    let others = violations.filter { $0.error.reason != PhoneNumber.countryMissing }
    return others.isEmpty ? self : InvalidInput(violations: others)
  }
}

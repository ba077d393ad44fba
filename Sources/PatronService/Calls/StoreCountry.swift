internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

/// A request that was checked where it arrived. When a phone number in it has neither a `+` nor a
/// country, the country is the store's: only a look at the store tells which that is, so such a
/// request is checked again in the write transaction, before anything is written.
struct InStoreCountry<Prepared: Sendable>: Sendable {
  private let first: Result<Prepared, any Error>
  private let storeID: String
  /// nil when the first result holds whatever the country is.
  private let again: (@Sendable (_ country: String) throws -> Prepared)?

  /// Checks `request`. `lacksCountry` tells whether a part of what was prepared was refused for
  /// want of a country.
  init<Request: Message>(
    _ request: Request,
    storeID: KeyPath<Request, String>,
    country: any WritableKeyPath<Request, String> & Sendable,
    lacksCountry: (Prepared) -> Bool,
    prepare: @escaping @Sendable (Request) throws -> Prepared
  ) throws {
    self.storeID = request[keyPath: storeID]
    var isOpen = false
    do {
      let prepared = try prepare(request)
      first = .success(prepared)
      isOpen = lacksCountry(prepared)
    } catch let error as InvalidInput where error.lacksCountry {
      first = .failure(error)
      isOpen = true
    }
    guard isOpen, request[keyPath: country].isEmpty else {
      again = nil
      do {
        _ = try first.get()
      } catch let error as InvalidInput {
        throw request[keyPath: country].isEmpty ? error : error.withCountryGiven
      }
      return
    }
    again = { name in
      var request = request
      request[keyPath: country] = name
      return try prepare(request)
    }
  }

  /// What was prepared, with the store's country where that is needed.
  func get(in context: WriteContext) throws -> Prepared {
    guard let again else { return try first.get() }
    let settings = try StoreSettings(of: context.store(try StoreID.named(storeID)).read)
    guard let country = settings.defaultCountry, !country.isEmpty else { return try first.get() }
    return try again(country)
  }
}

extension InvalidInput {
  /// Whether a phone number was refused because nothing says of which country it is.
  var lacksCountry: Bool { violations.contains { $0.error.reason == PhoneNumber.countryMissing } }

  /// Without complaints about phone numbers that lack a country, where one was given that is none:
  /// then that is what is wrong.
  fileprivate var withCountryGiven: InvalidInput {
    let others = violations.filter { $0.error.reason != PhoneNumber.countryMissing }
    return others.isEmpty ? self : InvalidInput(violations: others)
  }
}

extension Routes {
  /// As the plain `write`, for requests with phone numbers: those without a country are read as of
  /// the store's own.
  mutating func write<Request: Message, Response: Message, Prepared: Sendable>(
    _ method: MethodDescriptor<Request, Response>,
    storeID: any KeyPath<Request, String> & Sendable,
    country: any WritableKeyPath<Request, String> & Sendable,
    lacksCountry: @escaping @Sendable (Prepared) -> Bool = { _ in false },
    prepare: @escaping @Sendable (Request) throws -> Prepared,
    apply: @escaping @Sendable (Prepared, WriteContext, inout ResponseBuffer) throws -> Void
  ) {
    write(
      method,
      prepare: { request in
        try InStoreCountry(
          request,
          storeID: storeID,
          country: country,
          lacksCountry: lacksCountry,
          prepare: prepare
        )
      },
      apply: { prepared, context, response in
        try apply(try prepared.get(in: context), context, &response)
      }
    )
  }
}

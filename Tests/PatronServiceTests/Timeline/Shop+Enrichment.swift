import PatronModel
import PatronProto
import ProtobufC

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Short forms of events that change their customer.
extension Shop {
  /// Creates Ada, with both addresses.
  func ada() async throws {
    try await upsert {
      $0.externalID = "c1"
      $0.email = "c1@example.com"
      $0.phoneNumber = "+14155550101"
    }
  }

  /// Records an event of an own product about c1, or about the customer in `customer`, with all
  /// fields that its type requires.
  @discardableResult
  func emit(
    _ type: String,
    _ id: String,
    at seconds: Int64? = 1_700_000_000,
    _ properties: [String: PatronProto.PropertyValue.Kind] = [:],
    product: String = "",
    source: PatronProto.EventSource = .product,
    of customer: (inout CustomerInput) -> Void = { $0.externalID = "c1" }
  ) async throws -> RecordEventResponse {
    try await record(of: customer) {
      $0.source = source
      if source == .thirdParty { $0.sourceName = "app" }
      $0.type = type
      $0.eventID = id
      $0.occurredAt = seconds.map { .at($0) }
      $0.properties = Self.required(by: type, source)
        .merging(properties) { $1 }.mapValues { kind in .with { $0.kind = kind } }
      $0.references = .with {
        $0.productID = product
        $0.orderExternalID = "o-\(id)"
        $0.reviewID = "r-\(id)"
        $0.checkoutToken = "k-\(id)"
      }
    }
  }

  private static func required(
    by type: String,
    _ source: PatronProto.EventSource
  ) -> [String: PatronProto.PropertyValue.Kind] {
    guard let source = PatronModel.EventSource(rawValue: Int(source.rawValue)) else { return [:] }
    let fields = EventCatalogue.type(type, of: source)?.fields ?? []
    return Dictionary(
      uniqueKeysWithValues: fields.filter { $0.required && $0.place == .property }.map {
        ($0.name, $0.kind == .int ? .int64Value(1) : .stringValue("x"))
      }
    )
  }

  /// Returns the setters of the fields of c1.
  func provenance(_ ref: CustomerRef.Ref = .externalID("c1")) async throws -> [String: String] {
    let entries = try await get(ref, view: .full).provenance
    return Dictionary(entries.map { ($0.field, $0.setBy) }, uniquingKeysWith: { $1 })
  }

  /// Returns the state of marketing of c1 on a channel.
  func state(
    _ channel: ContactChannel,
    _ ref: CustomerRef.Ref = .externalID("c1")
  ) async throws -> PatronProto.ConsentState {
    try await customer(ref).subscriptions.first {
      $0.channel == channel && $0.topic == .marketing
    }?.state ?? .neverSubscribed
  }

  /// Returns the reasons for which the address of c1 is suppressed.
  func reasons(
    _ channel: ContactChannel,
    _ ref: CustomerRef.Ref = .externalID("c1")
  ) async throws -> [PatronProto.SuppressionReason] {
    try await get(ref, view: .full).channels
      .first { $0.channel == channel && $0.topic == .marketing }?.suppressions.map(\.reason) ?? []
  }
}

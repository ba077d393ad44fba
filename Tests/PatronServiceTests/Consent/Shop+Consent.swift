import PatronProto
import ProtobufC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Short forms of the calls about consent.
extension Shop {
  /// Calls SubscribeCustomer: by the customer, for SMS, from a form, unless `adjust` changes that.
  @discardableResult
  func subscribe(
    _ adjust: (inout SubscribeCustomerRequest) -> Void = { _ in }
  ) async throws -> SubscribeCustomerResponse {
    var request = SubscribeCustomerRequest.with {
      $0.customer = .with {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
        $0.phoneNumber = "+14155550101"
      }
      $0.channels = [.sms]
      $0.actor = .customer
      $0.evidence = .with { $0.source = "welcome_popup" }
    }
    adjust(&request)
    return try await customers.subscribeCustomer(request)
  }

  /// Calls UnsubscribeCustomer: by the customer, for SMS, unless `adjust` changes that.
  @discardableResult
  func unsubscribe(
    _ ref: CustomerRef.Ref = .externalID("c1"),
    _ adjust: (inout UnsubscribeCustomerRequest) -> Void = { _ in }
  ) async throws -> UnsubscribeCustomerResponse {
    var request = UnsubscribeCustomerRequest.with {
      $0.customer = .with { $0.ref = ref }
      $0.channels = [.sms]
      $0.actor = .customer
    }
    adjust(&request)
    return try await customers.unsubscribeCustomer(request)
  }

  /// Calls SuppressCustomer, for SMS unless `adjust` changes that.
  @discardableResult
  func suppress(
    _ ref: CustomerRef.Ref = .externalID("c1"),
    _ reason: SuppressionReason = .manual,
    _ adjust: (inout SuppressCustomerRequest) -> Void = { _ in }
  ) async throws -> SuppressCustomerResponse {
    var request = SuppressCustomerRequest.with {
      $0.customer = .with { $0.ref = ref }
      $0.channels = [.sms]
      $0.reason = reason
    }
    adjust(&request)
    return try await customers.suppressCustomer(request)
  }

  /// Calls UnsuppressCustomer, for SMS unless `adjust` changes that.
  @discardableResult
  func unsuppress(
    _ ref: CustomerRef.Ref = .externalID("c1"),
    _ reasons: [SuppressionReason] = [],
    _ adjust: (inout UnsuppressCustomerRequest) -> Void = { _ in }
  ) async throws -> UnsuppressCustomerResponse {
    var request = UnsuppressCustomerRequest.with {
      $0.customer = .with { $0.ref = ref }
      $0.channels = [.sms]
      $0.reasons = reasons
    }
    adjust(&request)
    return try await customers.unsuppressCustomer(request)
  }

  /// Calls ConfirmSubscription.
  @discardableResult
  func confirm(_ token: String, at seconds: Int64? = nil) async throws
    -> ConfirmSubscriptionResponse
  {
    try await customers.confirmSubscription(
      .with {
        $0.confirmationToken = token
        if let seconds { $0.evidence = .with { $0.occurredAt = .at(seconds) } }
      }
    )
  }

  /// Returns the ledger of a customer, oldest first.
  func history(
    _ ref: CustomerRef.Ref = .externalID("c1"),
    channel: ContactChannel = .unspecified
  ) async throws -> [ConsentRecord] {
    var records: [ConsentRecord] = []
    var token = ""
    repeat {
      let page = try await customers.listConsentHistory(
        .with {
          $0.customer = .with { $0.ref = ref }
          $0.channel = channel
          $0.pageToken = token
        }
      )
      records += page.records
      token = page.nextPageToken
    } while !token.isEmpty && records.count < 10_000
    return records.reversed()
  }

  /// Returns the status of marketing on a channel.
  func status(
    _ channel: ContactChannel = .sms,
    of ref: CustomerRef.Ref = .externalID("c1")
  ) async throws -> ChannelStatus {
    let channels = try await get(ref, view: .full).channels
    return try #require(channels.first { $0.channel == channel && $0.topic == .marketing })
  }

  /// Returns the events of a customer that Patron derives from consent, oldest first.
  func consentEvents(_ ref: CustomerRef.Ref = .externalID("c1")) async throws -> [Event] {
    let page = try await timeline(ref, size: 100)
    return page.events.filter { $0.product == "subscription_tools" }.sorted { $0.id < $1.id }
  }

  /// Calls UpdateStoreSettings.
  @discardableResult
  func set(
    in storeID: String = "",
    _ paths: [String] = [],
    _ settings: (inout StoreSettings) -> Void
  ) async throws -> StoreSettings {
    let response = try await customers.updateStoreSettings(
      .with {
        $0.storeID = storeID
        $0.settings = .with(settings)
        if !paths.isEmpty { $0.updateMask = .with { $0.paths = paths } }
      }
    )
    return try #require(response.settings)
  }
}

import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of double opt-in.
struct ConfirmTests {
  private func ask(_ shop: Shop, _ channels: [ContactChannel] = [.sms]) async throws -> String {
    let answer = try await shop.subscribe {
      $0.channels = channels
      $0.doubleOptIn = true
    }
    #expect(answer.confirmationToken.utf8.count == 22, "128 bits")
    return answer.confirmationToken
  }

  @Test func aTokenConfirmsOnce() async throws {
    try await Shop.open { shop in
      let token = try await ask(shop, [.sms, .email])
      #expect(try await shop.status().state == .pending)
      #expect(try await shop.status().blockReasons == [.pendingConfirmation])
      let answer = try await shop.confirm(token)
      #expect(answer.changes.map(\.before) == [.pending, .pending])
      #expect(answer.changes.map(\.after) == [.subscribed, .subscribed])
      #expect(answer.customer?.subscriptions.map(\.optInLevel) == [.confirmed, .confirmed])
      let before = try shop.image()
      let again = try await shop.confirm(token)
      #expect(again.changes.isEmpty && again.customer == answer.customer)
      // The token stays used, even after a later opt-out.
      #expect(try shop.image() == before)
      try await shop.unsubscribe()
      #expect(try await shop.confirm(token).changes.isEmpty)
      #expect(try await shop.status().state == .unsubscribed)
      let events = try await shop.consentEvents(.externalID("c1")).map(\.type)
      #expect(
        events == [
          "sms_opt_in_requested", "email_opt_in_requested", "sms_opt_in_confirmed",
          "email_opt_in_confirmed", "sms_unsubscribed",
        ]
      )
      #expect(
        try await shop.history().prefix(4).map(\.action) == [
          .request, .request, .confirm, .confirm,
        ]
      )
    }
  }

  @Test func aPendingCustomerGetsAnotherToken() async throws {
    try await Shop.open { shop in
      let first = try await ask(shop)
      let second = try await ask(shop)
      #expect(first != second)
      #expect(try await shop.history().count == 1)
      #expect(try await shop.consentEvents().count == 1)
      #expect(try await shop.confirm(first).changes.count == 1)
      #expect(try await shop.confirm(second).changes.isEmpty)
      // A confirmed subscription needs no further confirmation.
      let again = try await shop.subscribe { $0.doubleOptIn = true }
      #expect(again.confirmationToken.isEmpty && again.outcome == .unchanged)
    }
  }

  @Test func anOptOutWhileNobodyHadTheAddressMakesTheTokenWorthless() async throws {
    try await Shop.open { shop in
      func takeAddress(_ email: String) async throws {
        try await shop.upsert {
          $0.externalID = "c1"
          $0.email = email
        }
      }
      let token = try await ask(shop, [.email])
      try await takeAddress("other@example.com")
      try await shop.unsubscribe(.email("c1@example.com")) { $0.channels = [.email] }
      try await takeAddress("c1@example.com")
      let error = try await failure { try await shop.confirm(token) }
      #expect(error.code == .failedPrecondition && error.reason == "CONSENT_OUTDATED")
      #expect(try await !shop.status(.email, of: .externalID("c1")).canReceive)
    }
  }

  @Test func tokensEndAfterSevenDays() async throws {
    let clock = TestClock()
    try await Shop.open(clock: clock.clock) { shop in
      let token = try await ask(shop)
      let lifetime = try shop.rows(
        "SELECT CAST(expires_at - requested_at AS TEXT) FROM confirmations",
        columns: 1
      )
      #expect(lifetime == [["\(7 * 24 * 3600 * 1_000_000)"]])
      clock.advance(by: .days(7))
      let error = try await failure { try await shop.confirm(token) }
      #expect(error.code == .failedPrecondition && error.reason == "CONFIRMATION_EXPIRED")
      clock.advance(by: .minutes(-60))
      #expect(try await shop.confirm(token).changes.count == 1)
      // Long after its expiry the request is removed.
      clock.advance(by: .days(30) + .minutes(120))
      try await shop.subscribe {
        $0.channels = [.email]
        $0.doubleOptIn = true
      }
      let gone = try await failure { try await shop.confirm(token) }
      #expect(gone.code == .notFound && gone.reason == "CONFIRMATION_NOT_FOUND")
    }
  }

  /// A click on the link in the e-mail proves nothing about a phone number.
  @Test func aTokenConfirmsTheChannelByWhichItCame() async throws {
    try await Shop.open { shop in
      let token = try await ask(shop, [.sms, .email])
      func confirm(_ channels: [ContactChannel]) async throws -> ConfirmSubscriptionResponse {
        try await shop.customers.confirmSubscription(
          .with {
            $0.confirmationToken = token
            $0.channels = channels
          }
        )
      }
      #expect(try await confirm([.email]).changes.map(\.channel) == [.email])
      #expect(try await shop.status().state == .pending)
      let before = try shop.image()
      #expect(try await confirm([.email]).changes.isEmpty)
      #expect(try shop.image() == before)
      #expect(try await shop.confirm(token).changes.map(\.channel) == [.sms])
      #expect(try await shop.status().state == .subscribed)
    }
    try await Shop.open { shop in
      let token = try await ask(shop)
      for channels in [[ContactChannel.email], [.sms, .email]] {
        let error = try await failure {
          try await shop.customers.confirmSubscription(
            .with {
              $0.confirmationToken = token
              $0.channels = channels
            }
          )
        }
        #expect(error.code == .failedPrecondition && error.reason == "CHANNEL_NOT_REQUESTED")
      }
      let unknown = try await violations {
        try await shop.customers.confirmSubscription(
          .with {
            $0.confirmationToken = token
            $0.channels = [.unspecified]
          }
        )
      }
      #expect(unknown == [Broken("channels[0]", "ENUM_VALUE_UNKNOWN")])
      #expect(try await shop.status().state == .pending)
    }
  }

  @Test func whatIsNoTokenIsSaidSo() async throws {
    try await Shop.open { shop in
      for text in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAA"] {
        let broken = try await violations(text) { try await shop.confirm(text) }
        #expect(broken == [Broken("confirmation_token", "CONFIRMATION_TOKEN_MALFORMED")])
      }
      let error = try await failure { try await shop.confirm("AAAAAAAAAAAAAAAAAAAAAA") }
      #expect(error.code == .notFound && error.reason == "CONFIRMATION_NOT_FOUND")
      // A token is valid only in its own store.
      let token = try await ask(shop)
      let other = try await failure {
        try await shop.customers.confirmSubscription(
          .with {
            $0.storeID = "other"
            $0.confirmationToken = token
          }
        )
      }
      #expect(other.reason == "CONFIRMATION_NOT_FOUND")
    }
  }

  @Test func anOptOutSinceEndsTheRequest() async throws {
    try await Shop.open { shop in
      let token = try await ask(shop, [.sms, .email])
      try await shop.unsubscribe()
      let answer = try await shop.confirm(token)
      #expect(answer.changes.map(\.channel) == [.email])
      #expect(try await shop.status().state == .unsubscribed)
    }
    try await Shop.open { shop in
      let token = try await ask(shop)
      try await shop.unsubscribe()
      let before = try shop.image()
      let error = try await failure { try await shop.confirm(token) }
      #expect(error.code == .failedPrecondition && error.reason == "CONSENT_OUTDATED")
      #expect(try shop.image() == before)
      // It is not valid for a newer request either.
      try await shop.subscribe {
        $0.doubleOptIn = true
        $0.evidence?.occurredAt = .at(GoogleProtobuf.Timestamp.now + 60)
      }
      #expect(try await shop.status().state == .pending)
      let old = try await failure { try await shop.confirm(token) }
      #expect(old.reason == "CONSENT_OUTDATED")
    }
  }

  @Test func theTokenIsForTheAddressThatWasAsked() async throws {
    try await Shop.open { shop in
      let token = try await ask(shop)
      try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = "+14155550188"
      }
      let error = try await failure { try await shop.confirm(token) }
      #expect(error.code == .failedPrecondition && error.reason == "ADDRESS_CHANGED")
    }
  }

  @Test func confirmingLiftsWhatAskingDoesNot() async throws {
    try await Shop.open { shop in
      try await shop.suppress(.phoneNumber("+14155550101")) { $0.suppressedAt = .at(1_700_000_000) }
      let token = try await ask(shop)
      #expect(try await shop.status().suppressions.count == 1)
      try await shop.confirm(token)
      #expect(try await shop.status().canReceive)
      #expect(
        try await shop.consentEvents().map(\.type) == [
          "sms_opt_in_requested", "sms_opt_in_confirmed", "sms_unsuppressed",
        ]
      )
    }
  }
}

import Foundation
import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// An export from one server, imported into another, gives the same bytes.
  @Suite struct RoundTripTests {
    private static let customers = 400

    @Test("a generated shop moves to an empty store", .timeLimit(.minutes(15)))
    func moveShop() async throws {
      let folder = TemporaryDirectory()
      let made = try await Programs.patrond([
        "generate", "--data", folder.file("old"), "--customers", "\(Self.customers)", "--seed", "9",
      ])
      #expect(made.exit == .status(0), "\(made.errors)")
      let old = try await PatronServer.start(data: folder.file("old"))
      let new = try await PatronServer.start(data: folder.file("new"))
      let file = try await export(old, to: folder.file("old.csv"))
      for cell in [
        "'=1+1", "''=x", "\"\"\"a,b\"\"\"", "\"a,\"\"b\"\"\r\nc\"", "🛍️ Zoë 👩‍👩‍👧", "'@home", "+1555",
        "sms_suppression_reasons", "email_loyalty_consent_at", "custom.birthday:date",
      ] {
        #expect(String(decoding: file, as: UTF8.self).contains(cell), "\(cell)")
      }
      try await take(folder.file("old.csv"), new, "--consent", "overwrite", created: Self.customers)
      #expect(try await export(new, to: folder.file("new.csv")) == file)
      let before = try await all(old)
      #expect(before.count == Self.customers)
      checkCoverage(before)
      let after = try await all(new)
      #expect(after.count == before.count)
      for (new, old) in zip(after, before) { #expect(new == old) }
      try await checkConsentIsKept(folder.file("old.csv"), old, new)
      #expect(try await old.stop() == .status(0), "\(old.errors)")
      #expect(try await new.stop() == .status(0), "\(new.errors)")
    }

    private func export(_ server: PatronServer, to path: String) async throws -> Data {
      let run = try await Programs.patron(
        ["customers", "export", "--columns", "writable", "-o", path],
        at: server.address
      )
      #expect(run.exit == .status(0), "\(run.errors)")
      return try #require(FileManager.default.contents(atPath: path))
    }

    private func take(
      _ path: String,
      _ server: PatronServer,
      _ flags: String...,
      created: Int
    ) async throws {
      let run = try await Programs.patron(
        ["customers", "import", path, "--rejects", path + ".rejects"] + flags,
        at: server.address
      )
      #expect(run.exit == .status(0), "\(run.output)\(run.errors)")
      let unchanged = Self.customers - created
      let counts = "\(created) created, 0 updated, \(unchanged) unchanged, 0 rejected"
      #expect(run.output.hasPrefix("\(Self.customers) customers: \(counts)"), "\(run.output)")
    }

    /// Returns every customer as in GetCustomer, without ids and times of the server.
    private func all(_ server: PatronServer) async throws -> [GetCustomerResponse] {
      let client = try server.client()
      var found: [GetCustomerResponse] = []
      for number in 1...Self.customers {
        let digits = String(number)
        let id = "g" + String(repeating: "0", count: 7 - digits.count) + digits
        var response = try await client.customers.getCustomer(
          .with {
            $0.customer = .externalID(id)
            $0.view = .full
          }
        )
        var customer = try #require(response.customer)
        customer.id = 0
        customer.etag = ""
        customer.createdAt = nil
        customer.updatedAt = nil
        // The newest event is that of the customer's creation.
        customer.lastEventAt = nil
        for index in customer.activity.indices {
          customer.activity[index].lastEventAt = nil
          customer.activity[index].type = ""
        }
        for index in customer.subscriptions.indices { customer.subscriptions[index].ledgerID = 0 }
        customer.subscriptions.sort {
          ($0.channel.rawValue, $0.topic.rawValue) < ($1.channel.rawValue, $1.topic.rawValue)
        }
        for index in response.provenance.indices { response.provenance[index].setAt = nil }
        response.customer = customer
        found.append(response)
      }
      await client.close()
      return found
    }

    /// Checks that the shop has everything that an import can carry.
    private func checkCoverage(_ responses: [GetCustomerResponse]) {
      let customers = responses.compactMap(\.customer)
      for (name, isThere) in [
        "first_name": customers.contains { $0.firstName != nil },
        "last_name": customers.contains { $0.lastName != nil },
        "gender": customers.contains { $0.gender != nil },
        "account_status": customers.contains { $0.accountStatus != nil },
        "account_created_at": customers.contains { $0.accountCreatedAt != nil },
        "locale": customers.contains { $0.locale != nil && $0.locale != $0.defaultLanguage },
        "default_currency": customers.contains { $0.defaultCurrency != nil },
        "tags": customers.contains { $0.tags?.contains(",") == true },
        "no phone": customers.contains { $0.phoneNumber == nil },
        "no email": customers.contains { $0.email == nil },
        "whole address": customers.contains {
          guard let address = $0.address else { return false }
          return [
            address.address1, address.address2, address.city, address.company, address.state,
            address.zip, address.provinceCode, address.countryCode, address.phoneNumber,
          ].allSatisfy { !$0.isEmpty }
        },
      ] {
        #expect(isThere, "\(name)")
      }
      let sms = Set(customers.map(\.acceptsSMSMarketing))
      let email = Set(customers.map(\.acceptsEmailMarketing))
      #expect(sms == [nil, true, false] && email == [nil, true, false])
      let kinds = Set(customers.flatMap { $0.customProperties.values.map(Self.kind) })
      #expect(kinds == ["string", "bool", "int", "double", "timestamp", "date"])
      checkConsentCoverage(customers)
      let suppressions = responses.flatMap(\.channels).flatMap(\.suppressions)
      for channel in [ContactChannel.sms, .email] {
        let reasons = Set(suppressions.filter { $0.channel == channel }.map(\.reason))
        #expect(reasons.count == 8, "\(channel): \(reasons)")
      }
      #expect(suppressions.contains { !$0.source.isEmpty && !$0.note.isEmpty })
    }

    private func checkConsentCoverage(_ customers: [Customer]) {
      for channel in [ContactChannel.sms, .email] {
        for topic in [Topic.marketing, .reviewRequests, .transactional, .loyalty] {
          let found = customers.map { customer in
            customer.subscriptions.first { $0.channel == channel && $0.topic == topic }
          }
          // A customer who was never asked has no entry.
          #expect(found.contains { $0 == nil }, "\(channel) \(topic)")
          for state in [ConsentState.pending, .subscribed, .unsubscribed] {
            #expect(found.contains { $0?.state == state }, "\(channel) \(topic) \(state)")
          }
        }
      }
      let consents = customers.flatMap(\.subscriptions)
      #expect(Set(consents.map(\.optInLevel)).count == 3)
      #expect(Set(consents.map(\.changedBy)).count == 4)
      #expect(consents.contains { $0.expiresAt != nil })
    }

    private static func kind(_ value: PropertyValue) -> String {
      switch value.kind {
      case .stringValue: "string"
      case .boolValue: "bool"
      case .int64Value: "int"
      case .doubleValue: "double"
      case .timestampValue: "timestamp"
      case .dateValue: "date"
      case nil: "none"
      }
    }

    /// Checks that a file without `--consent overwrite` subscribes no known customer and lifts
    /// nothing, and that importing it twice changes nothing.
    private func checkConsentIsKept(
      _ path: String,
      _ old: PatronServer,
      _ new: PatronServer
    ) async throws {
      try await take(path, new, created: 0)
      try await take(path, new, "--consent", "overwrite", created: 0)
      // Customer 4 is subscribed to SMS by its flag in the file.
      let channels = ["--external-id", "g0000004", "--channel", "sms"]
      for verb in [["unsubscribe", "--by", "customer"], ["suppress", "--reason", "manual"]] {
        let run = try await Programs.patron(
          ["consent", verb[0]] + channels + verb.dropFirst(),
          at: new.address
        )
        #expect(run.exit == .status(0), "\(run.errors)")
      }
      try await take(path, new, created: 0)
      #expect(try await consent(old).contains("subscribed"))
      let kept = try await consent(new)
      #expect(kept.contains("unsubscribed") && kept.contains("manual"), "\(kept)")
    }

    private func consent(_ server: PatronServer) async throws -> String {
      let run = try await Programs.patron(
        ["consent", "show", "--external-id", "g0000004", "--output", "table"],
        at: server.address
      )
      #expect(run.exit == .status(0), "\(run.errors)")
      return run.output
    }
  }
}

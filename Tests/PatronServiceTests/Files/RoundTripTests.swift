import Foundation
import PatronClient
import PatronModel
import PatronProto
import ProtobufC
import Synchronization
import TTRPC
import TestKit
import Testing

@testable import patron

/// Tests that an import of the command line's export restores every byte.
struct RoundTripTests {
  private static let names = [
    "=1+1", "'=x", "''=x", "-2+3", "@x", "\"a,b\"", "line\nbreak", "cr\r\nlf", "😀 👩‍👩‍👧", "O'Neil",
    "'t Hooft", "''", "'", "'01", "=\"01\"", "+1-2", "a\tb", "ñandú", "; \\ ;", "null",
  ]

  @Test func anImportOfAnExportGivesTheSameExport() async throws {
    let random = SeededRandom()
    let seed = random.seed
    try await Shop.open { shop in
      var generator = ItemGenerator(random)
      let items = (0..<300).map { generator.item($0) }
      let made = try await shop.import(items, in: "old")
      let errors = made.results.compactMap(\.error?.message)
      #expect(made.counts?.created == 300, "seed \(seed): \(errors.prefix(3))")
      for safety in ["smart", "strict", "off"] {
        try await checkRoundTrip(shop, safety, "seed \(seed)")
      }
    }
  }

  /// NDJSON holds the same data as the columns that an import accepts.
  @Test func anExportOfNDJSONComesBack() async throws {
    let random = SeededRandom()
    let seed = random.seed
    try await Shop.open { shop in
      var generator = ItemGenerator(random)
      let made = try await shop.import((0..<200).map { generator.item($0) }, in: "old")
      #expect(made.counts?.created == 200, "seed \(seed)")
      let file = TextFile()
      let export = "customers export --format ndjson --store old -o \(file.path)"
      #expect(try await patron(shop, export).status == 0)
      let take = "customers import \(file.path) --store new --consent overwrite --batch-size 70"
      let read = try await patron(shop, take)
      #expect(read.status == 0, "seed \(seed): \(read.out) \(read.err)")
      #expect(read.out.hasPrefix("200 customers: 200 created"), "\(read.out)")
      let twice = try await patron(shop, take)
      #expect(twice.out.hasPrefix("200 customers: 0 created, 0 updated, 200 unchanged"))
      let old = try await all(shop, "old")
      let new = try await all(shop, "new")
      for (before, after) in zip(old, new) { #expect(before == after, "seed \(seed)") }
    }
  }

  /// Of a store's list of suppressions, an import restores those whose address belongs to a
  /// customer.
  @Test func aListOfSuppressionsComesBack() async throws {
    try await Shop.open { shop in
      try await shop.upsert(in: "old") {
        $0.externalID = "a"
        $0.email = "Ada@example.com"
        $0.phoneNumber = "+14155550101"
      }
      let given: [(String, PatronProto.SuppressionReason)] = [
        ("ada@example.com", .hardBounce), ("+14155550101", .manual),
        ("ada@example.com", .policy), ("nobody@example.com", .manual),
      ]
      let entries = given.map { address, reason in
        SuppressionEntry.with {
          $0.address = address
          $0.reason = reason
          $0.suppressedAt = .at(1_700_000_000)
          $0.note = "=n"
        }
      }
      _ = try await shop.customers.importSuppressions(
        .with {
          $0.storeID = "old"
          $0.suppressions = entries
        }
      )
      let file = TextFile()
      let export = "consent suppressions export --store old -o \(file.path)"
      #expect(try await patron(shop, export).status == 0)
      let rejects = TextFile()
      let take =
        "customers import --suppressions \(file.path) --store new --rejects \(rejects.path)"
      let read = try await patron(shop, take)
      #expect(read.status == 3 && read.out.hasPrefix("4 suppressions: 0 created, 3 updated"))
      #expect(try await shop.list(in: "new").customers.isEmpty)
      func all(_ store: String) async throws -> Set<String> {
        let answer = try await shop.customers.listSuppressions(.with { $0.storeID = store })
        return Set(
          answer.suppressions.compactMap { row -> String? in
            guard let kept = row.suppression, let since = kept.suppressedAt else { return nil }
            return "\(row.addressHash) \(kept.reason) \(since.seconds) \(kept.note)"
          }
        )
      }
      let (old, new) = (try await all("old"), try await all("new"))
      #expect(old.count == 4 && new.count == 3 && new.isSubset(of: old))
    }
  }

  /// The shop was filled by calls other than an import: an opt-out may lack a source, and the
  /// origin of a customer is not in the file.
  @Test func aShopThatCallsMadeComesBack() async throws {
    try await Shop.open { shop in
      try await shop.subscribe {
        $0.storeID = "old"
        $0.channels = [.sms, .email]
        $0.evidence?.expiresAt = .at(4_000_000_000)
      }
      try await shop.unsubscribe { $0.storeID = "old" }
      try await shop.upsert(in: "old") {
        $0.externalID = "c2"
        $0.email = "c2@example.com"
        $0.acceptsEmailMarketing = true
      }
      let file = TextFile()
      let again = TextFile()
      let export = "customers export --columns writable"
      #expect(try await patron(shop, "\(export) --store old -o \(file.path)").status == 0)
      let take = "customers import \(file.path) --store new --consent overwrite"
      #expect(try await patron(shop, take).status == 0)
      #expect(try await patron(shop, "\(export) --store new -o \(again.path)").status == 0)
      #expect(again.bytes == file.bytes)
      func all(_ store: String) async throws -> [GetCustomerResponse] {
        try await self.all(shop, store).map {
          var response = $0
          response.customer?.origin = .unspecified
          response.provenance = []
          return response
        }
      }
      #expect(try await all("new") == all("old"))
    }
  }

  private func checkRoundTrip(_ shop: Shop, _ safety: String, _ seed: String) async throws {
    let store = "new-\(safety)"
    let file = TextFile()
    let export = "customers export --columns writable --bom --safety \(safety)"
    let written = try await patron(shop, "\(export) --store old -o \(file.path)")
    #expect(written.status == 0, "\(seed): \(written.err)")
    let take =
      "customers import \(file.path) --store \(store) --consent overwrite "
      + "--safety \(safety) --batch-size 70 --rejects \(file.path).rejects"
    let read = try await patron(shop, take)
    #expect(read.status == 0, "\(seed): \(read.out) \(read.err)")
    #expect(read.out.hasPrefix("300 customers: 300 created"), "\(read.out)")
    let again = TextFile()
    let rewritten = try await patron(shop, "\(export) --store \(store) --output \(again.path)")
    #expect(rewritten.status == 0)
    #expect(file.bytes.count > 10_000)
    #expect(again.bytes == file.bytes, "\(seed), \(safety)")
    // A second import changes nothing.
    let twice = try await patron(shop, take)
    #expect(twice.out.hasPrefix("300 customers: 0 created, 0 updated, 300 unchanged"))
    let old = try await all(shop, "old")
    let new = try await all(shop, store)
    #expect(old.count == 300 && new.count == 300)
    for (before, after) in zip(old, new) {
      #expect(before == after, "\(seed), \(safety)")
    }
  }

  /// Returns every customer as GetCustomer does, without ids and server times.
  private func all(_ shop: Shop, _ store: String) async throws -> [GetCustomerResponse] {
    var ids: [Int64] = []
    for line in try await shop.exportTable(in: store, { $0.columns = ["id"] }).dropFirst() {
      ids.append(try #require(Int64(line[0])))
    }
    return try await ids.asyncMap { id in
      var response = try await shop.get(.id(id), in: store, view: .full)
      response.customer?.id = 0
      response.customer?.createdAt = nil
      response.customer?.updatedAt = nil
      response.customer?.etag = ""
      // The activity comes from the events of creation and import, at the time of each.
      response.customer?.activity = []
      response.customer?.lastEventAt = nil
      for index in response.provenance.indices { response.provenance[index].setAt = nil }
      for index in (response.customer?.subscriptions ?? []).indices {
        response.customer?.subscriptions[index].ledgerID = 0
      }
      response.customer?.subscriptions.sort {
        ($0.channel.rawValue, $0.topic.rawValue) < ($1.channel.rawValue, $1.topic.rawValue)
      }
      return response
    }
  }

  /// A generator of customers with every writable field, every type of property and every state of
  /// consent.
  private struct ItemGenerator {
    private var random: SeededRandom

    init(_ random: SeededRandom) { self.random = random }

    mutating func item(_ number: Int) -> ImportItem {
      var customer = CustomerInput()
      customer.email = "c\(number)@example.com"
      if number % 3 != 0 { customer.externalID = number % 2 == 0 ? "=c\(number)" : "'-c\(number)" }
      if number % 2 == 0 { customer.phoneNumber = "+1202555\(1000 + number)" }
      customer.firstName = name()
      customer.lastName = name()
      customer.gender = ["F", "M", "Other"].randomElement(using: &random)
      customer.accountStatus = ["enabled", "disabled", "invited", "declined"]
        .randomElement(using: &random)
      customer.accountCreatedAt = .at(1_600_000_000 + Int64(number), nanos: 120_000)
      customer.defaultLanguage = ["en", "de-AT", "zh-Hans-CN"].randomElement(using: &random)
      customer.defaultCurrency = ["USD", "JPY"].randomElement(using: &random)
      customer.tags = ["", "vip", "vip, =gold", "-a,+b", "a;b", "\"q\", [x", "'7"].randomElement(
        using: &random
      )
      customer.acceptsSMSMarketing = [nil, true, false].randomElement(using: &random) ?? nil
      customer.acceptsEmailMarketing = [nil, true, false].randomElement(using: &random) ?? nil
      if number % 4 != 0 { customer.address = address(number) }
      customer.customProperties = properties(number)
      var item = ImportItem()
      item.customer = customer
      item.subscriptions = subscriptions(number)
      if number % 3 == 0 { item.suppressions += suppressions(.email, number) }
      if number % 4 == 0 { item.suppressions += suppressions(.sms, number) }
      return item
    }

    private mutating func name() -> String {
      RoundTripTests.names.randomElement(using: &random) ?? ""
    }

    private mutating func address(_ number: Int) -> Address {
      .with {
        $0.address1 = name()
        $0.address2 = name()
        $0.city = name()
        $0.company = name()
        $0.state = name()
        $0.zip = "0\(number)"
        $0.provinceCode = "CA"
        $0.countryCode = "US"
        $0.phoneNumber = "+12025550143"
      }
    }

    private mutating func properties(_ number: Int) -> [String: PatronProto.PropertyValue] {
      let kinds: [PatronProto.PropertyValue.Kind] = [
        .stringValue(name()), .stringValue(" \(name())x "), .boolValue(number % 2 == 0),
        .int64Value([-7, 0, .min, .max].randomElement(using: &random) ?? 0),
        .doubleValue([0.1, -1e-9, 1e300, -5.0].randomElement(using: &random) ?? 0),
        .timestampValue(.at(Int64(number) - 150, nanos: [0, 5, 123_456_780][number % 3])),
        .dateValue(
          .with {
            $0.year = 1900 + Int32(number)
            $0.month = 2
            $0.day = 28
          }
        ),
      ]
      var result: [String: PatronProto.PropertyValue] = [:]
      for (index, kind) in kinds.enumerated() where (number + index) % 3 != 0 {
        // Some names have values of several types.
        result[index % 4 == 1 ? "same" : "p\(index)"] = .with { $0.kind = kind }
      }
      return result
    }

    private mutating func suppressions(
      _ channel: ContactChannel,
      _ number: Int
    ) -> [PatronProto.Suppression] {
      let reasons = PatronProto.SuppressionReason.allCases.dropFirst().shuffled(using: &random)
      return reasons.prefix(1 + number % 3).map { reason in
        .with {
          $0.channel = channel
          $0.reason = reason
          $0.suppressedAt = .at(1_660_000_000 + Int64(number), nanos: [0, 1000][number % 2])
          $0.source = ["", "mail_server", "-a;b\\"].randomElement(using: &random) ?? ""
          $0.note = ["", name(), ";\n\\;"].randomElement(using: &random) ?? ""
        }
      }
    }

    private mutating func subscriptions(_ number: Int) -> [PatronProto.Subscription] {
      var result: [PatronProto.Subscription] = []
      for channel in [ContactChannel.sms, .email] {
        for topic in [PatronProto.Topic.marketing, .reviewRequests, .loyalty]
        where Bool.random(using: &random) {
          result.append(
            .with {
              $0.channel = channel
              $0.topic = topic
              $0.state =
                [.pending, .subscribed, .unsubscribed].randomElement(using: &random)
                ?? .pending
              $0.changedAt = .at(1_650_000_000 + Int64(number), nanos: 1000)
              $0.subscribedAt = Bool.random(using: &random) ? .at(1_640_000_000) : nil
              $0.unsubscribedAt = Bool.random(using: &random) ? .at(1_630_000_000) : nil
              $0.source = ["", "welcome_popup", "=form"].randomElement(using: &random) ?? ""
              $0.optInLevel =
                [.single, .confirmed, .unspecified].randomElement(using: &random)
                ?? .single
              $0.changedBy =
                [.customer, .operator, .platform, .system]
                .randomElement(using: &random) ?? .customer
              $0.expiresAt = number % 5 == 0 ? .at(1_900_000_000) : nil
            }
          )
        }
      }
      return result
    }
  }
}

/// Runs a command of the command line against a shop.
private func patron(
  _ shop: Shop,
  _ line: String
) async throws -> (status: Int32, out: String, err: String) {
  let out = Mutex("")
  let err = Mutex("")
  let environment = CLIEnvironment(
    variables: [:],
    out: { text in out.withLock { $0 += text } },
    err: { text in err.withLock { $0 += text } },
    input: 0,
    outputIsTerminal: false,
    errorIsTerminal: false,
    columns: 100,
    connect: { _, _ in PatronClient(channel: UnclosedChannel(shop.client)) }
  )
  let status = await CLIEnvironment.$current.withValue(environment) {
    await CommandLineRun.run(line.split(separator: " ").map(String.init))
  }
  return (status, out.withLock { $0 }, err.withLock { $0 })
}

/// A channel to a shop that stays open after a command has closed it.
private struct UnclosedChannel: ClientChannel {
  private let channel: any ClientChannel

  init(_ channel: any ClientChannel) { self.channel = channel }

  func unary(
    _ method: TTRPC.Method,
    _ request: [UInt8],
    _ options: CallOptions
  ) async throws(RPCError) -> [UInt8] {
    try await channel.unary(method, request, options)
  }

  func stream(
    _ method: TTRPC.Method,
    _ request: [UInt8]?,
    _ options: CallOptions
  ) async throws(RPCError) -> any ClientStream {
    try await channel.stream(method, request, options)
  }
}

/// The path of a new file, in a directory of its own.
private struct TextFile {
  private let directory = TemporaryDirectory()
  var path: String { directory.file("customers.csv") }

  var bytes: Data { FileManager.default.contents(atPath: path) ?? Data() }
}

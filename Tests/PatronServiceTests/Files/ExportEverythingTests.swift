import Foundation
import PatronModel
import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests that every export can represent every value that a write accepts.
struct ExportEverythingTests {
  private typealias Input = CustomerInput

  /// Returns a customer for each value that a field of the record can have.
  private func customers() -> [Input] {
    var inputs: [Input] = []
    func add(_ adjust: (inout Input) -> Void) {
      var input = Input()
      input.externalID = "c\(inputs.count)"
      input.email = "c\(inputs.count)@example.com"
      adjust(&input)
      inputs.append(input)
    }
    for gender in ["F", "M", "Other"] { add { $0.gender = gender } }
    for status in ["enabled", "disabled", "invited", "declined"] {
      add { $0.accountStatus = status }
    }
    for code in LanguageCode.codes.sorted() { add { $0.defaultLanguage = code } }
    for code in CurrencyCode.all.sorted() where (try? CurrencyCode(code)) != nil {
      add { $0.defaultCurrency = code }
    }
    for code in CountryCode.all.sorted() + ["XK", "XI", "IC", "AC"] {
      add { $0.address = .with { $0.countryCode = code } }
    }
    let kinds: [PatronProto.PropertyValue.Kind] = [
      .stringValue(String(repeating: "=", count: 255)), .boolValue(false), .int64Value(.min),
      .int64Value(.max), .doubleValue(-.greatestFiniteMagnitude),
      .doubleValue(.leastNonzeroMagnitude),
      .timestampValue(.at(-62_135_596_800)), .timestampValue(.at(253_402_300_799)),
      .dateValue(
        .with {
          $0.year = 9999
          $0.month = 12
          $0.day = 31
        }
      ),
    ]
    for (index, kind) in kinds.enumerated() {
      add { $0.customProperties["p\(index)"] = .with { $0.kind = kind } }
    }
    let hard = "=1+1,\"\n\t\r;\\'\u{202E}😀"
    add {
      $0.firstName = hard
      $0.lastName = hard
      $0.tags = "=tag;a\\b,'x"
      $0.accountCreatedAt = .at(1)
      $0.acceptsSMSMarketing = false
      $0.address = .with {
        $0.address1 = hard
        $0.zip = "'0123"
        $0.phoneNumber = "+14155550100"
      }
    }
    return inputs
  }

  /// Returns an order for each currency and state.
  private func orders() -> [SyncOrderItem] {
    var orders: [Order] = []
    func add(_ currency: String, _ adjust: (inout Order) -> Void = { _ in }) {
      orders.append(
        .of("o\(orders.count)", .max / 1_000_000, currency) {
          $0.subtotal = .of(1, currency)
          $0.refunds = [
            .with {
              $0.externalID = "r"
              $0.refundedAt = .at(1_700_000_000)
              $0.amount = .of(1, currency)
            }
          ]
          $0.lineItems = [.with { $0.total = .of(1, currency) }]
          adjust(&$0)
        }
      )
    }
    for code in CurrencyCode.all.sorted() { add(code) }
    for status in PaymentStatus.allCases { add("USD") { $0.paymentStatus = status } }
    for status in FulfillmentStatus.allCases { add("USD") { $0.fulfillmentStatus = status } }
    for status in ShipmentStatus.allCases {
      add("USD") {
        $0.fulfillments = FulfillmentState.allCases.map { state in
          .with {
            $0.externalID = "f\(state.rawValue)"
            $0.fulfilledAt = .at(1_700_000_000)
            $0.state = state
            $0.shipmentStatus = status
          }
        }
      }
    }
    return orders.map { order in
      .with {
        $0.order = order
        $0.customer = .with {
          $0.externalID = order.externalID
          $0.email = "\(order.externalID)@example.com"
        }
      }
    }
  }

  /// Returns an event for each type of the catalogue, with its required fields.
  private func events() -> [RecordEventItem] {
    EventCatalogue.types.map { type in
      .with {
        $0.customer = .with { $0.email = "events@example.com" }
        $0.event = .with { event in
          event.source = .init(rawValue: Int32(type.source.rawValue))
          event.sourceName = type.source == .thirdParty ? "app" : ""
          event.type = type.name
          event.references = .with {
            $0.orderExternalID = "o1"
            $0.checkoutToken = "k1"
            $0.productID = "p1"
            $0.reviewID = "v1"
          }
          event.amount = .of(1, "HRK")
          for field in type.fields where field.place == .property && field.required {
            event.properties[field.name] = .with { $0.kind = Self.value(of: field.kind) }
          }
        }
      }
    }
  }

  private static func value(of kind: EventFieldKind) -> PatronProto.PropertyValue.Kind {
    switch kind {
    case .string, .money: .stringValue("x")
    case .bool: .boolValue(true)
    case .int: .int64Value(1)
    case .double: .doubleValue(1.5)
    case .timestamp, .date: .timestampValue(.at(1_700_000_000))
    }
  }

  private func fill(_ shop: Shop) async throws {
    let people = try await shop.customers.batchUpsertCustomers(
      .with { $0.customers = customers() }
    )
    #expect(people.results.compactMap(\.error).map(\.message) == [])
    let bought = try await shop.timelines.batchSyncOrders(.with { $0.items = orders() })
    #expect(bought.results.compactMap(\.error).map(\.message) == [])
    try await shop.upsert { $0.email = "events@example.com" }
    let told = try await shop.timelines.batchRecordEvents(.with { $0.items = events() })
    #expect(told.results.compactMap(\.error).map(\.message) == [])
    var states: [ImportItem] = []
    for state in PatronProto.ConsentState.allCases where state != .unspecified {
      for level in PatronProto.OptInLevel.allCases {
        for topic in PatronProto.Topic.allCases {
          states.append(
            .with {
              $0.customer = .with {
                $0.externalID = "s\(states.count)"
                $0.email = "s\(states.count)@example.com"
                $0.phoneNumber = "+1415555\(1000 + states.count)"
              }
              $0.subscriptions = ContactChannel.allCases.dropFirst().map { channel in
                .with {
                  $0.channel = channel
                  $0.topic = topic
                  $0.state = state
                  $0.optInLevel = level
                  $0.changedBy = ActorKind.allCases[states.count % 5]
                  $0.expiresAt = .at(4_000_000_000)
                }
              }
              $0.suppressions = [
                .with {
                  $0.channel = .email
                  $0.reason = PatronProto.SuppressionReason.allCases[states.count % 10]
                }
              ]
            }
          )
        }
      }
    }
    let imported = try await shop.import(states)
    #expect(imported.results.compactMap(\.error).map(\.message) == [])
  }

  @Test func ofCustomersAndOfEachCustomer() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      let csv = try await shop.exportTable()
      let ndjson = try await shop.export { $0.format = .ndjson }
      #expect(csv.count - 1 == Int(ndjson.rows))
      let (code, spent) = try (
        #require(csv[0].firstIndex(of: "currency")), #require(csv[0].firstIndex(of: "total_spent"))
      )
      let currencies = Set(csv.dropFirst().map { $0[code] })
      #expect(currencies.isSuperset(of: ["HRK", "DEM", "USD", "KWD", "JPY"]))
      for row in csv.dropFirst() where !row[code].isEmpty { #expect(!row[spent].isEmpty) }
      for line in ndjson.text.split(separator: "\n") {
        #expect(throws: Never.self) { try Customer(json: String(line)) }
      }
      // An import accepts the writable columns of an export.
      let writable = try await shop.export { $0.columns = ["writable"] }
      #expect(writable.rows == ndjson.rows)
      for externalID in ["o0", "o7", "c3"] {
        try await exportTimeline(of: .externalID(externalID), shop)
      }
      try await exportTimeline(of: .email("events@example.com"), shop)
    }
  }

  private func exportTimeline(of ref: CustomerRef.Ref, _ shop: Shop) async throws {
    for format in [ExportFormat.csv, .ndjson, .zip] {
      var bytes: [UInt8] = []
      let parts = try await shop.timelines.exportTimeline(
        .with {
          $0.customer = .with { $0.ref = ref }
          $0.format = format
        }
      )
      for try await part in parts { bytes += part.data }
      #expect(!bytes.isEmpty, "\(ref) \(format)")
      guard format == .csv else { continue }
      let table = try Shop.table(String(decoding: bytes, as: UTF8.self))
      let (amount, currency) = try (
        #require(table[0].firstIndex(of: "amount")), #require(table[0].firstIndex(of: "currency"))
      )
      for row in table.dropFirst() { #expect(row[amount].isEmpty == row[currency].isEmpty) }
    }
  }

  @Test func codesThatAreNoMoneyAreRefusedAndOldOnesCanBeRead() async throws {
    try await Shop.open { shop in
      for code in ["XAU", "XDR", "CLF", "USN", "XTS", "XEU"] {
        let broken = try await violations {
          try await shop.sync(.of("o1", 1, code)) { $0.email = "a@example.com" }
        }
        #expect(broken.map(\.reason).contains("CURRENCY_NOT_REAL"), "\(code)")
      }
      // An earlier version accepted these codes, so stored values must stay readable.
      #expect(CurrencyCode(stored: "XAU").minorDigits == 0)
      #expect(CurrencyCode(stored: "CLF").minorDigits == 4)
      #expect(CurrencyCode(stored: "QQQ").minorDigits == 2)
    }
  }
}

import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronServer
@testable import PatronService

/// A store with something of everything. Every record of it has a mark that no request of another
/// store has, and so has the author of its changes.
struct ForeignStore {
  static let mark = "MarkOfTwo"
  /// Customers that stay.
  private static let count = 4

  let shop: Shop
  let name: String
  /// A key of the store, the author of some of its changes.
  let key: TestKey
  /// The options of calls with the key.
  private let options: CallOptions
  /// The options of calls about keys and the audit log, with a key of every store.
  private let adminOptions: CallOptions

  /// Makes the store with its key.
  init(_ shop: Shop, _ name: String) async throws {
    self.shop = shop
    self.name = name
    try await shop.make(stores: name)
    key = try await shop.key(of: name)
    var metadata = key.metadata
    metadata.append("patron-on-behalf-of", Self.mark)
    options = CallOptions(metadata: metadata, retries: false)
    adminOptions = try await shop.key(of: nil).options
  }

  /// The texts that no answer about another store may have.
  var secrets: [String] { [Self.mark, key.key.id.text] }

  // MARK: Content

  /// Writes all records, and returns every value that a caller of the store sees of them.
  func fill() async throws -> ForeignValues {
    var values = ForeignValues(without: secrets)
    for number in 0..<Self.count + 3 { try await writeCustomer(number) }
    try await configure(&values)
    try await end(&values)
    try await values.add(answers(pageSize: 1))
    try await values.add(view())
    values.add(name, of: "confirm_store_id")
    return values
  }

  private func writeCustomer(_ number: Int) async throws {
    try await shop.upsert(in: name) {
      $0.externalID = "two-c\(number)"
      $0.email = "two-c\(number)@example.com"
      $0.phoneNumber = "+1415555010\(number)"
      $0.firstName = Self.mark
      $0.acceptsEmailMarketing = true
      if number < 2 { $0.acceptsSMSMarketing = true }
    }
    for order in ["two-o\(number)", "two-p\(number)"] {
      try await shop.sync(.of(order, 100) { $0.name = Self.mark }, in: name) {
        $0.externalID = "two-c\(number)"
      }
    }
    try await shop.record(
      in: name,
      requestID: "two-r\(number)",
      of: { $0.externalID = "two-c\(number)" }
    ) {
      RecordEventTests.quiz("two-e\(number)")(&$0)
      $0.title = Self.mark
      $0.references = .with {
        $0.checkoutToken = "two-checkout"
        $0.campaignID = "two-campaign"
      }
    }
  }

  /// Settings, an event type, a suppression, an opt-in that waits, and a second key with a name.
  private func configure(_ values: inout ForeignValues) async throws {
    let customers = shop.customers
    _ = try await customers.updateStoreSettings(
      .with {
        $0.storeID = name
        $0.settings = .with { $0.optOutWords = .with { $0.values = [Self.mark] } }
        $0.updateMask = .with { $0.paths = ["opt_out_words"] }
      },
      options: options
    )
    _ = try await shop.timelines.registerEventType(
      .with {
        $0.storeID = name
        $0.type = .with {
          $0.sourceName = "two_app"
          $0.type = "two_won"
          $0.label = Self.mark
        }
      },
      options: options
    )
    for number in 0..<2 {
      _ = try await customers.suppressCustomer(
        .with {
          $0.storeID = name
          $0.customer = .with { $0.ref = .externalID("two-c\(number)") }
          $0.channels = [.sms]
          $0.reason = .manual
          $0.note = Self.mark
        },
        options: options
      )
    }
    let asked = try await customers.subscribeCustomer(
      .with {
        $0.storeID = name
        $0.customer = .with { $0.externalID = "two-c2" }
        $0.channels = [.sms]
        $0.evidence = .with {
          $0.source = "two_form"
          $0.note = Self.mark
        }
        $0.actor = .customer
        $0.doubleOptIn = true
      },
      options: options
    )
    let made = try await shop.admin.createKey(
      .with {
        $0.storeID = name
        $0.scopes = ["watch"]
        $0.description = Self.mark
      },
      options: adminOptions
    )
    let bound = try await shop.admin.bindKey(
      .with {
        $0.keyID = made.key?.keyID ?? ""
        $0.name = "DNS:two.example.com"
      },
      options: adminOptions
    )
    try values.add([try asked.json(), try bound.json()])
  }

  /// Merges and erases the customers that do not stay.
  private func end(_ values: inout ForeignValues) async throws {
    let merged = try await shop.merge(
      .externalID("two-c\(Self.count)"),
      .externalID("two-c\(Self.count + 1)"),
      in: name
    )
    let erased = try await shop.customers.deleteCustomer(
      .with {
        $0.storeID = name
        $0.customer = .with { $0.ref = .externalID("two-c\(Self.count + 2)") }
        $0.mode = .anonymize
      },
      options: options
    )
    try values.add([try merged.json(), try erased.json()])
  }

  // MARK: Reads

  /// Returns the answers to the reads of everything, without what reads themselves write.
  func view() async throws -> [String] {
    var view = [try await shop.list(in: name).json()]
    for number in 0..<Self.count {
      let ref = CustomerRef.Ref.externalID("two-c\(number)")
      view.append(try await shop.get(ref, in: name, view: .full).json())
      view.append(try await shop.timeline(ref, in: name).json())
    }
    var keys = try await shop.admin.listKeys(.with { $0.storeID = name }, options: adminOptions)
    for index in keys.keys.indices { keys.keys[index].lastUsedAt = nil }
    view.append(try keys.json())
    let settings = try await shop.customers.getStoreSettings(.with { $0.storeID = name })
    let types = try await shop.timelines.listEventTypes(.with { $0.storeID = name })
    return view + [try settings.json(), try types.json()]
  }

  /// Returns the first pages of all lists, most of which have a token of the next one.
  private func answers(pageSize: Int32) async throws -> [String] {
    let customers = shop.customers
    let customer = CustomerRef.with { $0.ref = .externalID("two-c0") }
    let list = try await shop.list(in: name, size: pageSize)
    let timeline = try await shop.timeline(.externalID("two-c0"), in: name, size: pageSize)
    let orders = try await shop.timelines.listOrders(
      .with {
        $0.storeID = name
        $0.customer = customer
        $0.pageSize = pageSize
      }
    )
    let suppressions = try await customers.listSuppressions(
      .with {
        $0.storeID = name
        $0.pageSize = pageSize
      }
    )
    let history = try await customers.listConsentHistory(
      .with {
        $0.storeID = name
        $0.customer = customer
        $0.pageSize = pageSize
      }
    )
    let keys = try await shop.admin.listKeys(
      .with {
        $0.storeID = name
        $0.pageSize = pageSize
      },
      options: adminOptions
    )
    let audit = try await shop.admin.listAudit(
      .with {
        $0.storeID = name
        $0.pageSize = pageSize
      },
      options: adminOptions
    )
    let tokens = [
      list.nextPageToken, timeline.nextPageToken, orders.nextPageToken, history.nextPageToken,
      suppressions.nextPageToken, keys.nextPageToken, audit.nextPageToken,
    ]
    #expect(tokens.allSatisfy { !$0.isEmpty }, "\(tokens)")
    return [
      try list.json(), try timeline.json(), try orders.json(), try suppressions.json(),
      try history.json(), try keys.json(), try audit.json(),
    ]
  }
}

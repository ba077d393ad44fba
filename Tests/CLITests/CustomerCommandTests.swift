import Foundation
import PatronClient
import Testing

@testable import patron

struct CustomerCommandTests {
  static let ada = Customer.with {
    $0.id = 7
    $0.externalID = "42"
    $0.firstName = "Ada"
    $0.lastName = "Lovelace"
    $0.email = "ada@example.com"
    $0.phoneNumber = "+14155550100"
    $0.createdAt = .with { $0.seconds = 1_717_113_600 }
    $0.orderStats = [
      .with {
        $0.currencyCode = "USD"
        $0.orderCount = 6
        $0.totalSpent = 15_646
      }
    ]
  }

  private static let optedOut: UpsertCustomerResponse =
    .with {
      $0.customer = Self.ada
      $0.outcome = .updated
      $0.changedFields = ["email", "tags"]
      $0.warnings = [
        .with {
          $0.reason = "STICKY_OPT_OUT"
          $0.field = "accepts_sms_marketing"
          $0.message = "the customer opted out"
        }
      ]
    }

  private static let everyFlag = [
    "--external-id",
    "42",
    "--email",
    "ada@example.com",
    "--phone",
    "415 555 0100",
    "--first-name",
    "Ada",
    "--last-name",
    "Lovelace",
    "--gender",
    "F",
    "--account-created-at",
    "20240531",
    "--account-status",
    "enabled",
    "--language",
    "en",
    "--currency",
    "USD",
    "--tags",
    "vip,gold",
    "--address1",
    "1 Main St",
    "--address2",
    "2b",
    "--city",
    "Springfield",
    "--company",
    "Acme",
    "--state",
    "Oregon",
    "--zip",
    "97477",
    "--province-code",
    "OR",
    "--country",
    "US",
    "--address-phone",
    "+14155550101",
    "--accepts-sms-marketing",
    "true",
    "--accepts-email-marketing",
    "no",
    "--property",
    "shoe_size:int=39",
    "--property",
    "note=a=b",
    "--property",
    "vip:bool=true",
    "--property",
    "born:date=1990-02-03",
    "--property",
    "seen:timestamp=2024-05-31T10:00+02:00",
    "--property",
    "score:double=1.5",
    "--property",
    "old=",
    "--default-country",
    "US",
    "--on-conflict",
    "keep-existing",
    "--actor",
    "operator",
    "--consent-source",
    "popup",
    "--dry-run",
    "--store",
    "shop",
  ]

  @Test func upsertTakesEveryField() async throws {
    let server = FakeServer()
    server.on(CustomerService.upsertCustomer) { _ in Self.optedOut }
    let outcome = try await patron(["customers", "upsert"] + Self.everyFlag, server: server)
    #expect(outcome.status == 0, "\(outcome.err)")
    let request = try #require(
      try server.requests(UpsertCustomerRequest.self, "UpsertCustomer").first
    )
    let text = try request.json()
    #expect(text == Self.everyField)
    #expect(
      outcome.out == """
        would be updated  customer 7  changed: email, tags
        warning: accepts_sms_marketing: the customer opted out (STICKY_OPT_OUT)

        """
    )
  }

  private static let everyField = """
    {"storeId":"shop","customer":{"externalId":"42","email":"ada@example.com",\
    "phoneNumber":"415 555 0100","firstName":"Ada","lastName":"Lovelace","gender":"F",\
    "accountCreatedAt":"2024-05-31T00:00:00Z","accountStatus":"enabled",\
    "defaultLanguage":"en","defaultCurrency":"USD","tags":"vip,gold",\
    "address":{"address1":"1 Main St","address2":"2b","city":"Springfield","company":"Acme",\
    "state":"Oregon","zip":"97477","provinceCode":"OR","countryCode":"US",\
    "phoneNumber":"+14155550101"},"acceptsSmsMarketing":true,"acceptsEmailMarketing":false,\
    "customProperties":{"born":{"dateValue":{"year":1990,"month":2,"day":3}},\
    "note":{"stringValue":"a=b"},"old":{"stringValue":""},"score":{"doubleValue":1.5},\
    "seen":{"timestampValue":"2024-05-31T08:00:00Z"},"shoe_size":{"int64Value":"39"},\
    "vip":{"boolValue":true}}},\
    "onConflict":"ON_CONFLICT_KEEP_EXISTING","validateOnly":true,"defaultCountry":"US",\
    "source":"popup","actor":"ACTOR_OPERATOR"}
    """

  @Test(arguments: [
    (["--city", "Paris"], ##"{"city":"Paris"}"##, "city"),
    (["--city", "", "--zip", "75001"], ##"{"zip":"75001"}"##, "city,zip"),
    (["--city", "Paris", "--replace-address"], ##"{"city":"Paris"}"##, ""),
    (
      ["--data", ##"{"address": {"countryCode": "FR", "city": "Lyon"}}"##, "--city", "Paris"],
      ##"{"city":"Paris","countryCode":"FR"}"##, ""
    ),
    (
      ["--data", ##"{"address": {"zip": "1"}, "addressMask": "zip"}"##, "--city", "Paris"],
      ##"{"city":"Paris","zip":"1"}"##, "zip,city"
    ),
  ])
  func addressFlagsChangeParts(_ flags: [String], _ address: String, _ mask: String) async throws {
    let server = FakeServer()
    server.on(CustomerService.upsertCustomer) { _ in .with { $0.outcome = .updated } }
    let outcome = try await patron(
      ["customers", "upsert", "--external-id", "42"] + flags,
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    let input = try server.requests(UpsertCustomerRequest.self, "UpsertCustomer").first?.customer
    #expect(try input?.address?.json() == address)
    #expect(input?.addressMask?.paths.joined(separator: ",") ?? "" == mask)
  }

  @Test func replaceAddressNeedsAnAddress() async throws {
    for arguments in [
      ["--replace-address"], ["--replace-address", "--clear", "address"],
      ["--city", "Paris", "--clear", "address"],
    ] {
      let outcome = try await patron(["customers", "upsert", "--external-id", "42"] + arguments)
      #expect(outcome.status == 2, "\(arguments)")
    }
  }

  @Test func upsertClearsAndTakesData() async throws {
    let server = FakeServer()
    server.on(CustomerService.upsertCustomer) { _ in .with { $0.outcome = .unchanged } }
    let outcome = try await patron(
      "customers",
      "upsert",
      "--data",
      "-",
      "--email",
      "b@example.com",
      "--clear",
      "phone",
      "--clear",
      "address",
      "--clear",
      "account-created-at",
      server: server,
      input: #"{"externalId": "1", "email": "a@example.com", "accountCreatedAt": "2024-05-31"}"#
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    let input = try server.requests(UpsertCustomerRequest.self, "UpsertCustomer").first?.customer
    #expect(
      try input?.json() == """
        {"externalId":"1","email":"b@example.com","phoneNumber":"",\
        "accountCreatedAt":"1970-01-01T00:00:00Z","address":{}}
        """
    )
    #expect(outcome.out == "unchanged\n")
  }

  @Test(arguments: [
    (["--id", "7"], CustomerRef.id(7)), (["--external-id", "42"], .externalID("42")),
    (["--email", "a@example.com"], .email("a@example.com")),
    (["--phone", "+14155550100"], .phoneNumber("+14155550100")),
  ])
  func getNamesTheCustomer(_ arguments: [String], _ reference: CustomerRef) async throws {
    let server = FakeServer()
    server.on(CustomerService.getCustomer) { _ in .with { $0.customer = Self.ada } }
    let outcome = try await patron(["customers", "get"] + arguments, server: server)
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(outcome.out.contains("Ada Lovelace"))
    #expect(outcome.out.contains("6 orders, 156.46 USD"))
    let request = try server.requests(GetCustomerRequest.self, "GetCustomer").first
    #expect(request?.customer == reference)
    #expect(request?.view == .full)
  }

  @Test func getTellsWhoSetWhat() async throws {
    let server = FakeServer()
    func entry(_ field: String, _ setter: String, _ seconds: Int64) -> FieldProvenance {
      .with {
        $0.field = field
        $0.setBy = setter
        $0.setAt = .with { $0.seconds = seconds }
      }
    }
    let entries = [
      entry("address", "order_placed", 1_700_000_000), entry("email", "upsert", 1_700_000_060),
      entry("tags", "upsert", 1_700_000_060), entry("gender", "upsert", 1_700_003_600),
      FieldProvenance.with {
        $0 = entry("first_name", "review_created", 1_600_000_000)
        $0.eventID = 12
      },
      FieldProvenance.with {
        $0 = entry("last_name", "update", 1_500_000_000)
        $0.author = .with {
          $0.keyID = "k7"
          $0.onBehalfOf = "agent7"
        }
      },
    ]
    server.on(CustomerService.getCustomer) { _ in
      .with {
        $0.customer = Self.reviewer
        $0.provenance = entries
      }
    }
    let outcome = try await patron(["customers", "get", "--id", "7"], server: server)
    #expect(
      outcome.out == """
        id                     7
        reviews                3 reviews, average 4.3, shop average 5.0, last 2023-11-14 with 4 stars
        loyalty                member since 2020-09-13, 1,200 points, tier gold
        set by upsert          2023-11-14 23:13  gender
        set by upsert          2023-11-14 22:14  email, tags
        set by order_placed    2023-11-14 22:13  address
        set by review_created  2020-09-13 12:26  event 12  first_name
        set by update          2017-07-14 02:40  by agent7, key k7  last_name

        """,
      "\(outcome.err)"
    )
    let json = try await patron(["customers", "get", "--id", "7", "-o", "json"], server: server)
    #expect(try GetCustomerResponse(json: json.out).provenance == entries)
  }

  private static let reviewer = Customer.with {
    $0.id = 7
    $0.reviews = .with {
      $0.totalReviews = 3
      $0.averageProductRating = 13.0 / 3
      $0.averageSiteRating = 5
      $0.lastStarRating = 4
      $0.lastReviewAt = .with { $0.seconds = 1_700_000_000 }
    }
    $0.loyalty = .with {
      $0.member = true
      $0.joinedAt = .with { $0.seconds = 1_600_000_000 }
      $0.pointsBalance = 1200
      $0.tier = "gold"
    }
  }

  @Test func theTimelineTellsOfReviewsAndLoyaltyToo() async throws {
    let server = FakeServer()
    var former = Self.reviewer
    former.reviews = .with { $0.totalReviews = 1 }
    former.loyalty = LoyaltySummary()
    for (customer, expected) in [
      (Self.reviewer, ["│ reviews  3 reviews, average 4.3, ", "│ loyalty  member since 2020-"]),
      (former, ["│ reviews  1 review  ", "│ loyalty  no longer a member, 0 points  "]),
    ] {
      server.on(TimelineService.getTimeline) { _ in
        .with { $0.header = .with { $0.customer = customer } }
      }
      let outcome = try await patron("timeline", "show", "--id", "7", server: server)
      for line in expected { #expect(outcome.out.contains(line), "\(outcome.out)") }
    }
  }

  /// A server that lists `count` customers page by page.
  private func shop(_ count: Int) -> FakeServer {
    let server = FakeServer()
    server.on(CustomerService.listCustomers) { request in
      let start = Int(request.pageToken) ?? 0
      let end = min(count, start + Int(request.pageSize))
      return .with {
        $0.customers = (start..<end).map { index in
          var customer = Self.ada
          customer.id = Int64(count - index)
          customer.lastName = index % 2 == 0 ? "漢字漢字漢字漢字漢字漢字漢字漢字" : "=1+1"
          customer.email = "somebody.with.a.very.long.address.\(index)@subdomain.example.com"
          return customer
        }
        $0.nextPageToken = end < count ? String(end) : ""
      }
    }
    return server
  }

  @Test func listFitsTheTerminal() async throws {
    let outcome = try await patron(
      "customers",
      "list",
      "--limit",
      "3",
      "--search",
      "exa",
      server: shop(250)
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    let lines = outcome.out.split(separator: "\n").map(String.init)
    #expect(lines.count == 4)
    #expect(lines.allSatisfy { TextWidth.columns($0) <= 100 }, "\(outcome.out)")
    #expect(lines[0].hasPrefix("ID"))
    #expect(lines[1].contains("…"))
    #expect(lines[1].contains("156.46 USD"))
    #expect(outcome.err == "there are more: --page-token 3, or --all\n")
  }

  @Test func listPagesThroughEverything() async throws {
    let server = shop(250)
    let lines = try await patron("customers", "list", "--all", "-o", "ndjson", server: server)
    #expect(lines.out.split(separator: "\n").count == 250)
    #expect(lines.err.isEmpty)
    #expect(server.calls.count == 3)
    let json = try await patron("customers", "list", "--limit", "120", "-o", "json", server: server)
    let response = try ListCustomersResponse(json: json.out)
    #expect(response.customers.count == 120)
    #expect(response.nextPageToken == "120")
    let rest = try await patron(
      "customers",
      "list",
      "--page-token",
      "240",
      "-o",
      "ndjson",
      server: server
    )
    #expect(rest.out.split(separator: "\n").count == 10)
  }

  @Test func listWritesCSV() async throws {
    let outcome = try await patron(
      "customers",
      "list",
      "--limit",
      "2",
      "--output",
      "csv",
      server: shop(2)
    )
    let lines = outcome.out.components(separatedBy: "\r\n")
    #expect(lines.count == 4)
    #expect(lines[0].hasPrefix("id,external_id,email,phone_number,"))
    // A phone number stays as it is; a formula is marked as text.
    #expect(lines[2].contains(",+14155550100,Ada,'=1+1,"))
    #expect(lines[2].contains(",2024-05-31T00:00:00Z,"))
    #expect(lines[0].contains(",sms_consent,email_consent,"))
    #expect(lines[2].contains(",never_subscribed,"), "\(lines[2])")
  }

  @Test func anEmptyListSaysSo() async throws {
    let outcome = try await patron("customers", "list", server: shop(0))
    #expect(outcome.status == 0)
    #expect(outcome.out.isEmpty)
    #expect(outcome.err == "no customers\n")
  }
}

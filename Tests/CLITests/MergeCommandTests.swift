import PatronClient
import Testing

@testable import patron

/// Tests of the requests and output of `patron customers merge` and `unmerge`.
struct MergeCommandTests {
  private func server() -> FakeServer {
    let server = FakeServer()
    server.on(CustomerService.mergeCustomers) { request in
      .with {
        $0.customer = .with {
          $0.id = 7
          $0.externalID = "42"
          $0.email = "ada@example.com"
        }
        $0.mergeID = request.preview ? 0 : 1041
        $0.eventCount = 1200
        $0.orderCount = 1
        $0.subscriptionChanges = [
          .with {
            $0.channel = .email
            $0.topic = .marketing
            $0.before = .subscribed
            $0.after = .unsubscribed
          }
        ]
      }
    }
    server.on(CustomerService.unmergeCustomers) { _ in
      .with {
        $0.primary = .with {
          $0.id = 7
          $0.externalID = "42"
        }
        $0.secondary = .with {
          $0.id = 9
          $0.externalID = "43"
        }
      }
    }
    return server
  }

  @Test func mergeTakesEveryFlag() async throws {
    let server = server()
    let outcome = try await patron(
      [
        "customers", "merge", "--external-id", "42", "--secondary-external-id", "43",
        "--prefer-secondary", "email, address,custom_properties.size", "--store", "shop",
      ],
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    var request = try #require(
      try server.requests(MergeCustomersRequest.self, "MergeCustomers").first
    )
    #expect(request.requestID.utf8.count == 32)
    #expect(server.calls.first?.options.hasRequestID == true)
    request.requestID = ""
    #expect(
      try request.json() == """
        {"storeId":"shop","primary":{"externalId":"42"},"secondary":{"externalId":"43"},\
        "preferSecondary":["email","address","custom_properties.size"]}
        """
    )
    for text in [
      "merged  customer 7", "merge 1041", "1,200 events, 1 order moved",
      "email, marketing: subscribed → unsubscribed", "ada@example.com",
      "patron customers unmerge --merge-id 1041",
    ] {
      #expect(outcome.out.contains(text), "\(text): \(outcome.out)")
    }
  }

  @Test(arguments: [
    (["--id", "7", "--secondary-id", "9"], #""primary":{"id":"7"},"secondary":{"id":"9"}"#),
    (
      ["--email", "a@example.com", "--secondary-email", "b@example.com"],
      #""primary":{"email":"a@example.com"},"secondary":{"email":"b@example.com"}"#
    ),
    (
      ["--phone", "+14155550101", "--secondary-phone", "+14155550102"],
      #""primary":{"phoneNumber":"+14155550101"},"secondary":{"phoneNumber":"+14155550102"}"#
    ),
  ])
  func aPreviewNamesBothAndIsNoWrite(_ flags: [String], _ sent: String) async throws {
    let server = server()
    let outcome = try await patron(["customers", "merge", "--preview"] + flags, server: server)
    #expect(outcome.status == 0, "\(outcome.err)")
    let request = try #require(
      try server.requests(MergeCustomersRequest.self, "MergeCustomers").first
    )
    #expect(try request.json() == "{\(sent),\"preview\":true}")
    #expect(outcome.out.hasPrefix("would be merged  customer 7\n"))
    #expect(outcome.out.contains("1 order would move"))
    #expect(!outcome.out.contains("unmerge"))
  }

  @Test func mergeAsJSON() async throws {
    for (format, expected) in [
      ("json", "\"mergeId\": \"1041\""), ("ndjson", "\"mergeId\":\"1041\""),
    ] {
      let outcome = try await patron(
        ["customers", "merge", "--id", "7", "--secondary-id", "9", "--output", format],
        server: server()
      )
      #expect(outcome.status == 0 && outcome.out.contains(expected), "\(outcome.out)")
    }
  }

  @Test func unmergeShowsBoth() async throws {
    let server = server()
    let outcome = try await patron(["customers", "unmerge", "--merge-id", "1041"], server: server)
    #expect(outcome.status == 0, "\(outcome.err)")
    let request = try #require(
      try server.requests(UnmergeCustomersRequest.self, "UnmergeCustomers").first
    )
    #expect(request.mergeID == 1041 && request.requestID.utf8.count == 32)
    #expect(outcome.out.hasPrefix("unmerged\n"))
    #expect(outcome.out.contains("42") && outcome.out.contains("43"))
    let lines = try await patron(
      ["customers", "unmerge", "--merge-id", "1041", "--output", "ndjson"],
      server: server
    )
    #expect(lines.out.split(separator: "\n").count == 2)
    #expect(lines.out.contains("\"externalId\":\"43\""))
  }

  @Test(arguments: [
    ["customers", "merge"], ["customers", "merge", "--id", "7"],
    ["customers", "merge", "--secondary-id", "9"],
    ["customers", "merge", "--id", "7", "--secondary-id", "9", "--secondary-email", "a@b.example"],
    ["customers", "unmerge"], ["customers", "unmerge", "--merge-id", "x"],
  ])
  func wrongUsageIsStatus2(_ arguments: [String]) async throws {
    let server = server()
    let outcome = try await patron(arguments, server: server)
    #expect(outcome.status == 2 && server.calls.isEmpty, "\(outcome.err)")
  }
}

import Foundation
import PatronClient
import Testing

@testable import patron

/// Tests of `patron customers filters`, `count` and `--filter`.
struct FilterCommandTests {
  private func shop() -> FakeServer {
    let server = FakeServer()
    server.on(CustomerService.listFilters) { _ in
      .with {
        $0.categories = [
          .with {
            $0.id = "sms"
            $0.label = "SMS subscribers"
            $0.filters = [
              .with {
                $0.id = "subscribers"
                $0.label = "Subscribers"
                $0.description = "Agreed to marketing by text messages."
              }
            ]
          },
          .with {
            $0.id = "tags"
            $0.label = "Tags"
            $0.dynamic = true
          },
        ]
      }
    }
    server.on(CustomerService.countCustomers) { request in
      .with { response in
        response.total = 23_570
        guard !request.facetCategories.isEmpty else { return }
        let counts: [(String, String, Int64)] = [
          ("orders", "no_orders", 0), ("orders", "one_order", 11_908),
          ("orders", "repeat_customers", 11_662), ("tags", "vip\u{1B}[31m", 1),
        ]
        response.facets = counts.map { category, filter, count in
          .with {
            $0.category = category
            $0.filter = filter
            $0.count = count
          }
        }
      }
    }
    server.on(CustomerService.listCustomers) { _ in ListCustomersResponse() }
    return server
  }

  @Test func commaIsOrAndRepeatedIsAnd() async throws {
    let server = shop()
    let outcome = try await patron(
      "customers",
      "list",
      "--filter",
      "sms=subscribers,suppressed",
      "--filter",
      " email = subscribers",
      "--filter",
      "tags=a=b",
      "--search",
      "ada",
      "--sort",
      "total-spent",
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    let request = try #require(
      try server.requests(ListCustomersRequest.self, "ListCustomers").first
    )
    let selections = request.filter?.selections ?? []
    #expect(selections.map(\.category) == ["sms", "email", "tags"])
    #expect(
      selections.map(\.filters) == [["subscribers", "suppressed"], ["subscribers"], ["a=b"]]
    )
    #expect(request.filter?.query == "ada")
    #expect(request.sort == .totalSpent)
  }

  @Test(arguments: ["sms", "sms=", "=x", "sms=,", "sms=a, ,b", "sms=a,", ""])
  func whatIsNoFilterIsAMistake(_ text: String) async throws {
    let server = shop()
    let outcome = try await patron("customers", "count", "--filter", text, server: server)
    #expect(outcome.status == 2)
    #expect(outcome.err.contains("sms=subscribers,suppressed"), "\(outcome.err)")
    #expect(server.calls.isEmpty)
  }

  @Test func countDrawsBars() async throws {
    let server = shop()
    let outcome = try await patron("customers", "count", "--search", "cdnow", server: server)
    #expect(outcome.status == 0, "\(outcome.err)")
    let lines = outcome.out.split(separator: "\n", omittingEmptySubsequences: false).map(
      String.init
    )
    #expect(lines.first == "23,570 customers")
    let once = try #require(lines.first { $0.contains("one_order") })
    #expect(once.contains("████") && once.contains("11,908") && once.hasSuffix("51%"))
    let none = try #require(lines.first { $0.contains("no_orders") })
    #expect(!none.contains("█") && none.hasSuffix(" 0%"))
    let tag = try #require(lines.first { $0.contains("vip") })
    #expect(tag.contains("▏") && tag.hasSuffix("<1%"))
    #expect(!outcome.out.contains("\u{1B}[31m"))
    #expect(lines.filter { $0 == "orders" || $0 == "tags" } == ["orders", "tags"])
    let request = try #require(
      try server.requests(CountCustomersRequest.self, "CountCustomers").first
    )
    #expect(request.facetCategories == ["*"] && request.filter?.query == "cdnow")
  }

  @Test func countTakesCategoriesOrNone() async throws {
    let server = shop()
    let few = try await patron(
      "customers",
      "count",
      "--facet",
      "sms,email",
      "--facet",
      "orders",
      server: server
    )
    #expect(few.status == 0, "\(few.err)")
    let total = try await patron("customers", "count", "--total", server: server)
    #expect(total.out == "23,570 customers\n")
    let json = try await patron("customers", "count", "--total", "-o", "ndjson", server: server)
    #expect(json.out == "{\"total\":\"23570\"}\n")
    let requests = try server.requests(CountCustomersRequest.self, "CountCustomers")
    #expect(requests.map(\.facetCategories) == [["sms", "email", "orders"], [], []])
    #expect(requests.allSatisfy { $0.filter == nil })
    let both = try await patron(
      "customers",
      "count",
      "--total",
      "--facet",
      "sms",
      server: server
    )
    #expect(both.status == 2 && both.err.contains("--facet"))
  }

  @Test func spreadsheetsTakeCountsAndFilters() async throws {
    let server = shop()
    let counts = try await patron("customers", "count", "-o", "csv", server: server)
    #expect(
      counts.out.components(separatedBy: "\r\n") == [
        "category,filter,count", ",,23570", "orders,no_orders,0", "orders,one_order,11908",
        "orders,repeat_customers,11662", "tags,vip\u{1B}[31m,1", "",
      ]
    )
    let filters = try await patron("customers", "filters", "-o", "csv", server: server)
    #expect(
      filters.out.components(separatedBy: "\r\n") == [
        "category,filter,label,description",
        "sms,subscribers,Subscribers,Agreed to marketing by text messages.", "tags,,Tags,", "",
      ]
    )
    let empty = try await patron("customers", "count", "--facet", "sms,", server: server)
    #expect(empty.status == 2 && empty.err.contains("--facet has an empty category"))
  }

  @Test func shellsCompleteFilters() async throws {
    let script = try await patron("--generate-completion-script", "bash").out
    #expect(script.contains("sms=subscribers") && script.contains("tags="))
  }

  @Test func filtersAreListed() async throws {
    let server = shop()
    let table = try await patron("customers", "filters", server: server)
    #expect(table.status == 0, "\(table.err)")
    #expect(table.out.contains("sms=subscribers") && table.out.contains("tags=..."))
    #expect(table.out.contains("Agreed to marketing by text messages."))
    let lines = try await patron("customers", "filters", "-o", "ndjson", server: server)
    #expect(lines.out.split(separator: "\n").count == 2)
    let json = try await patron("customers", "filters", "-o", "json", server: server)
    #expect(json.out.contains("\"categories\""))
  }

  @Test func barsAreAsWideAsTheirShare() {
    #expect(FilterText.bar(0, width: 4) == "    ")
    #expect(FilterText.bar(1, width: 4) == "████")
    #expect(FilterText.bar(0.5, width: 4) == "██  ")
    #expect(FilterText.bar(0.0001, width: 4) == "▏   ")
    #expect(FilterText.bar(0.28125, width: 4) == "█▏  ")
  }
}

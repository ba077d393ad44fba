import PatronClient
import Testing

@testable import patron

/// The verbs that change customers by id and by tags.
struct RecordCommandTests {
  @Test func updatesByMask() async throws {
    let server = FakeServer()
    server.on(CustomerService.updateCustomer) { _ in
      .with {
        $0.customer = .with { $0.id = 7 }
        $0.outcome = .updated
        $0.changedFields = ["first_name"]
      }
    }
    let outcome = try await patron(
      "customers", "update", "--id", "7", "--first-name", "Ada", "--clear", "tags", "--mask",
      "first_name, custom_properties", "--etag", "12", "--actor", "system", "--city", "Delft",
      server: server)
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(outcome.out == "updated  customer 7  changed: first_name\n")
    let request = try server.requests(UpdateCustomerRequest.self, "UpdateCustomer").first
    #expect(
      request
        == .with {
          $0.id = 7
          $0.customer = .with {
            $0.firstName = "Ada"
            $0.tags = ""
            $0.address = .with { $0.city = "Delft" }
          }
          $0.updateMask = .with { $0.paths = ["first_name", "custom_properties"] }
          $0.etag = "12"
          $0.actor = .system
        })
    let json = try await patron(
      "customers", "update", "--id", "7", "--email", "a@example.com", "-o", "json", server: server)
    #expect(try UpdateCustomerResponse(json: json.out).outcome == .updated)
    let later = try server.requests(UpdateCustomerRequest.self, "UpdateCustomer").last
    #expect(later?.updateMask == nil && later?.customer?.email == "a@example.com")
    #expect(try await patron("customers", "update", "--id", "7", server: server).status == 2)
    #expect(try await patron("customers", "update", "--email", "x", server: server).status == 2)
  }

  @Test func tagsManyCustomers() async throws {
    let server = FakeServer()
    server.on(CustomerService.updateTags) { request in
      .with {
        $0.results = [
          .with {
            $0.outcome = .updated
            $0.customerID = 7
          },
          .with {
            $0.index = 1
            $0.error = .with {
              $0.code = 5
              $0.message = "No customer"
            }
          },
        ]
        $0.counts = .with {
          $0.updated = 1
          $0.rejected = request.customers.count > 1 ? 1 : 0
        }
      }
    }
    let outcome = try await patron(
      "customers", "tag", "--id", "7", "--external-id", "42", "--add", "vip,gold", "--remove",
      "old", server: server)
    #expect(outcome.status == 3)
    #expect(outcome.out == "updated  customer 7\nrejected  number 2: No customer\n")
    let request = try server.requests(UpdateTagsRequest.self, "UpdateTags").first
    #expect(request?.customers == [.id(7), .externalID("42")])
    #expect(request?.add == "vip,gold" && request?.remove == "old")
    let lines = try await patron(
      "customers", "tag", "--email", "a@example.com", "--add", "x", "-o", "ndjson", server: server)
    #expect(lines.status == 0 && lines.out.split(separator: "\n").count == 2)
    #expect(try await patron("customers", "tag", "--id", "7", server: server).status == 2)
    #expect(try await patron("customers", "tag", "--add", "x", server: server).status == 2)
  }
}

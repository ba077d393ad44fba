import PatronClient
import Testing

@testable import patron

/// Tests of `patron customers update` and `tag`.
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
      "customers",
      "update",
      "--id",
      "7",
      "--first-name",
      "Ada",
      "--clear",
      "tags",
      "--mask",
      "first_name, custom_properties",
      "--etag",
      "12",
      "--actor",
      "system",
      "--city",
      "Delft",
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(outcome.out == "updated  customer 7  changed: first_name\n")
    var request = try server.requests(UpdateCustomerRequest.self, "UpdateCustomer").first
    // The request id allows the client to retry after a lost answer.
    #expect(request?.requestID.count == 32 && server.calls.first?.options.hasRequestID == true)
    request?.requestID = ""
    #expect(
      request
        == .with {
          $0.id = 7
          $0.customer = .with {
            $0.firstName = "Ada"
            $0.tags = ""
            $0.address = .with { $0.city = "Delft" }
            $0.addressMask = .with { $0.paths = ["city"] }
          }
          $0.updateMask = .with { $0.paths = ["first_name", "custom_properties"] }
          $0.etag = "12"
          $0.actor = .system
        }
    )
    let json = try await patron(
      "customers",
      "update",
      "--id",
      "7",
      "--email",
      "a@example.com",
      "-o",
      "json",
      server: server
    )
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
      "customers",
      "tag",
      "--id",
      "7",
      "--external-id",
      "42",
      "--add",
      "vip,gold",
      "--remove",
      "old",
      server: server
    )
    #expect(outcome.status == 3)
    #expect(outcome.out == "updated  customer 7\nrejected  number 2: No customer\n")
    let request = try server.requests(UpdateTagsRequest.self, "UpdateTags").first
    #expect(request?.customers == [.id(7), .externalID("42")])
    #expect(request?.add == "vip,gold" && request?.remove == "old")
    let lines = try await patron(
      "customers",
      "tag",
      "--email",
      "a@example.com",
      "--add",
      "x",
      "-o",
      "ndjson",
      server: server
    )
    #expect(lines.status == 0 && lines.out.split(separator: "\n").count == 2)
    #expect(try await patron("customers", "tag", "--id", "7", server: server).status == 2)
    #expect(try await patron("customers", "tag", "--add", "x", server: server).status == 2)
  }
}

struct DeleteCommandTests {
  private func server() -> FakeServer {
    let server = FakeServer()
    server.on(CustomerService.deleteCustomer) { _ in
      .with {
        $0.receiptID = 9
        $0.deletedAt = .with { $0.seconds = 1_700_000_000 }
        $0.eventCount = 1200
        $0.orderCount = 1
        $0.suppressionCount = 1
      }
    }
    return server
  }

  private func requests(_ server: FakeServer) throws -> [DeleteCustomerRequest] {
    try server.requests(DeleteCustomerRequest.self, "DeleteCustomer")
  }

  @Test func erasesWhenToldTo() async throws {
    let server = server()
    let outcome = try await patron(
      "customers",
      "delete",
      "--id",
      "7",
      "--purge",
      "--reason",
      "ticket 8841",
      "--request-id",
      "r1",
      "--store",
      "two",
      "--yes",
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(
      outcome.out == """
        erased  receipt 9  2023-11-14 22:13
          1,200 events and 1 order removed, 1 address stays suppressed

        """
    )
    #expect(
      try requests(server) == [
        .with {
          $0.storeID = "two"
          $0.customer = .id(7)
          $0.mode = .purge
          $0.reason = "ticket 8841"
          $0.requestID = "r1"
        }
      ]
    )
    let json = try await patron(
      "customers",
      "delete",
      "--email",
      "ada@example.com",
      "-y",
      "-o",
      "json",
      server: server
    )
    #expect(try DeleteCustomerResponse(json: json.out).receiptID == 9)
    let last = try requests(server).last
    #expect(last?.mode == .anonymize && last?.customer == .email("ada@example.com"))
    #expect(last?.requestID.count == 32)
    let line = try await patron(
      "customers",
      "delete",
      "--id",
      "7",
      "-y",
      "-o",
      "ndjson",
      server: server
    )
    #expect(line.out.split(separator: "\n").count == 1)
  }

  @Test func asksOnATerminal() async throws {
    for (answer, erases) in [
      ("y\n", true), (" YES\n", true), ("n\n", false), ("\n", false), ("", false), ("yo\n", false),
    ] {
      let server = server()
      let outcome = try await patron(
        "customers",
        "delete",
        "--external-id",
        "42\u{1B}[2J",
        server: server,
        input: answer,
        variables: ["NO_COLOR": "1"],
        terminal: true
      )
      #expect(outcome.status == (erases ? 0 : 1), "\(answer): \(outcome.err)")
      #expect(try requests(server).count == (erases ? 1 : 0), "\(answer)")
      #expect(outcome.err.contains("external id 42\u{FFFD}[2J? This cannot be undone. [y/N] "))
      #expect(outcome.err.contains("nothing was deleted") == !erases)
    }
  }

  @Test func refusesWithoutATerminalOrACustomer() async throws {
    let server = server()
    let outcome = try await patron("customers", "delete", "--id", "7", server: server, input: "y\n")
    #expect(outcome.status == 2 && outcome.err.contains("add --yes"))
    #expect(try await patron("customers", "delete", "--yes", server: server).status == 2)
    #expect(
      try await patron("customers", "delete", "--id", "7", "--email", "x", "-y", server: server)
        .status == 2
    )
    #expect(try requests(server).isEmpty)
  }

  @Test func saysWhatToDoAboutErasedAddresses() async throws {
    let server = FakeServer()
    server.on(CustomerService.upsertCustomer) { _ throws(RPCError) in
      let info = GoogleRPC.ErrorInfo.with { $0.reason = "ADDRESS_ERASED" }
      throw RPCError(
        code: .failedPrecondition,
        message: "email was that of a customer who was erased",
        details: [
          StatusDetail(
            typeURL: "type.googleapis.com/google.rpc.ErrorInfo",
            value: (try? info.encoded()) ?? []
          )
        ]
      )
    }
    let outcome = try await patron(
      "customers",
      "upsert",
      "--email",
      "a@example.com",
      server: server
    )
    #expect(outcome.status == 64 + 9)
    #expect(outcome.err.contains("--allow-recreate-after-erasure true"))
  }
}

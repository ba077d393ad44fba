import Foundation
import PatronClient
import Testing

@testable import patron

/// Tests of `customers export`, `customers import` and `timeline export`.
struct FileCommandTests {
  private func importer(_ refused: Set<String> = []) -> FakeServer {
    let server = FakeServer()
    server.on(CustomerService.importCustomers) { request in
      .with {
        $0.results = request.items.enumerated().map { index, item in
          .with {
            $0.index = Int32(index)
            if refused.contains(item.customer?.externalID ?? "") {
              $0.error = .with {
                $0.code = 3
                $0.message = "no, \"never\""
              }
            } else {
              $0.outcome = .created
            }
          }
        }
      }
    }
    return server
  }

  private func exporter(_ parts: [String]) -> FakeServer {
    let server = FakeServer()
    server.handle("ExportCustomers") { _, _ throws(RPCError) in
      var answers: [[UInt8]] = []
      for (index, part) in parts.enumerated() {
        answers.append(
          try FakeServer.encode(
            ExportCustomersResponse.with {
              $0.data = Array(part.utf8)
              $0.rows = Int64(index)
            }
          )
        )
      }
      return answers
    }
    return server
  }

  @Test func exportsToStandardOutputOrAFile() async throws {
    let server = exporter(["\u{FEFF}id\r\n", "1\r\n", "2\r\n"])
    let printed = try await patron("customers", "export", server: server)
    #expect(printed.status == 0 && printed.err.isEmpty, "\(printed.err)")
    #expect(printed.out.utf8.elementsEqual("\u{FEFF}id\r\n1\r\n2\r\n".utf8))
    let file = try TemporaryFile()
    let written = try await patron(
      "--store",
      "shop",
      "customers",
      "export",
      "-o",
      file.path,
      "--filter",
      "sms=subscribers,suppressed",
      "--filter",
      "email=subscribers",
      "--search",
      "ada",
      "--columns",
      "id, custom.a:int",
      "--safety",
      "strict",
      "--bom",
      server: server
    )
    #expect(written.status == 0 && written.out.isEmpty, "\(written.err)")
    #expect(written.err == "2 customers in \(file.path)\n")
    // Foundation drops the byte order mark when it reads text.
    let bytes = try #require(FileManager.default.contents(atPath: file.path))
    #expect(bytes.elementsEqual("\u{FEFF}id\r\n1\r\n2\r\n".utf8))
    let requests = try server.requests(ExportCustomersRequest.self, "ExportCustomers")
    try #require(requests.count == 2)
    #expect(requests[0].format == .csv && requests[0].filter == nil)
    let request = requests[1]
    #expect(request.storeID == "shop" && request.columns == ["id", "custom.a:int"])
    #expect(request.safety == .strict && request.byteOrderMark)
    #expect(request.filter?.query == "ada")
    #expect(request.filter?.selections.map(\.category) == ["sms", "email"])
    #expect(request.filter?.selections[0].filters == ["subscribers", "suppressed"])
  }

  @Test func aFailedExportLeavesTheOldFile() async throws {
    let file = try TemporaryFile("old")
    let outcome = try await patron("customers", "export", "-o", file.path)
    #expect(outcome.status == 64 + 12)
    #expect(file.text == "old")
    let missing = try await patron("customers", "export", "-o", "/nonexistent/x.csv")
    #expect(missing.status == 1 && missing.err.contains("cannot write /nonexistent/x.csv"))
  }

  @Test func checksHowItIsUsed() async throws {
    for arguments in [
      ["customers", "export", "--format", "zip"], ["customers", "export", "--filter", "sms"],
      ["customers", "export", "--safety", "maybe"], ["customers", "import"],
      ["customers", "import", "x", "--batch-size", "1001"],
      ["timeline", "export", "--id", "1", "--format", "zip"], ["timeline", "export"],
      ["customers", "export", "--columns", ""], ["customers", "export", "--columns", "id,,email"],
      ["customers", "export", "--filter", "sms=subscribers,"],
    ] {
      let outcome = try await patron(arguments)
      #expect(outcome.status == 2, "\(arguments): \(outcome.err)")
    }
  }

  @Test(arguments: ["json", "csv", "ndjson", "table"])
  func aFormIsNoFile(_ form: String) async throws {
    for verb in [["customers", "export"], ["timeline", "export", "--id", "1"]] {
      let outcome = try await patron(verb + ["-o", form], server: exporter(["x"]))
      #expect(outcome.status == 2)
      #expect(outcome.err.contains("--format") && outcome.err.contains("./\(form)"))
      #expect(!FileManager.default.fileExists(atPath: form))
    }
  }

  private func items(_ text: String) async throws -> [ImportItem] {
    let server = importer()
    let outcome = try await patron("customers", "import", "-", server: server, input: text)
    #expect(outcome.status == 0 && outcome.err.isEmpty, "\(outcome.err)")
    return try server.requests(ImportCustomersRequest.self, "ImportCustomers").flatMap(\.items)
  }

  @Test func whoIsSuppressedWithoutAReasonStaysSuppressed() async throws {
    let items = try await items(
      "email,email_suppressed,email_suppression_reasons,sms_suppressed,sms_suppressed_at\n"
        + "a@example.com,true,,TRUE,2024-05-31\nb@example.com,true,hard_bounce,false,\n"
        + "c@example.com,,,,\n"
    )
    #expect(
      items.map { $0.suppressions.map(\.reason) } == [[.manual, .manual], [.hardBounce], []]
    )
    #expect(items[0].suppressions.first { $0.channel == .sms }?.suppressedAt != nil)
  }

  @Test func theLocaleCountsWhileItIsOfTheLanguage() async throws {
    let items = try await items(
      "email,default_language,locale\na@example.com,en,en-US\nb@example.com,fr,en-US\n"
        + "c@example.com,,en-US\nd@example.com,he,iw_IL\ne@example.com,en-GB,en-US\n"
        + "f@example.com,EN,\n"
    )
    #expect(
      items.map { $0.customer?.defaultLanguage }
        == ["en-US", "fr", "en-US", "iw_IL", "en-GB", "EN"]
    )
  }

  @Test func everythingThatIsWrongWithARowIsSaidAtOnce() async throws {
    let rejects = try TemporaryFile()
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      "--invalid-fields",
      "reject",
      "--rejects",
      rejects.path,
      server: importer(),
      input: "email,custom.v:int,custom.v:string,account_created_at,sms_consent,sms_consent_at\n"
        + "a@example.com,x,,nope,,2024-05-31\nb@example.com,5,abc,,maybe,2024-05-31\n"
        + "c@example.com,5,,,,\nd@example.com,,abc,,,\n"
    )
    #expect(outcome.status == 3)
    #expect(outcome.out.hasPrefix("4 customers: 2 created"), "\(outcome.out)")
    let lines = rejects.text.components(separatedBy: "\r\n")
    for part in ["custom.v:int: ", "; account_created_at: ", "; sms_consent: the state is missing"]
    {
      #expect(lines[1].contains(part), "\(lines[1])")
    }
    #expect(lines[2].contains("custom.v:string: another column also has a value for this property"))
    #expect(lines[2].contains("; sms_consent: Expected one of"), "\(lines[2])")
    #expect(!lines[2].contains("state is missing"))
  }

  @Test func errorsOfTheServerNameColumns() async throws {
    let server = FakeServer()
    server.on(CustomerService.importCustomers) { _ throws(RPCError) in
      let fields = [
        "customer.email", "customer.address.phone_number", "customer.custom_properties.size",
        "subscriptions[0].changed_at", "subscriptions[1]", "suppressions[0].source", "customer",
        "subscriptions[7]",
      ]
      let bad = GoogleRPC.BadRequest.with {
        $0.fieldViolations = fields.map { field in
          .with {
            $0.field = field
            $0.description = "bad"
          }
        }
      }
      let conflict = GoogleRPC.ErrorInfo.with {
        $0.reason = "IDENTIFIER_CONFLICT"
        $0.metadata = ["field": "phone_number", "customer_id": "7"]
      }
      func detail(_ message: some Message, _ name: String) throws(RPCError) -> GoogleProtobuf.Any_ {
        let value = try FakeServer.encode(message)
        return .with {
          $0.typeURL = "type.googleapis.com/google.rpc.\(name)"
          $0.value = value
        }
      }
      let details = [try detail(bad, "BadRequest"), try detail(conflict, "ErrorInfo")]
      return .with {
        $0.results = details.map { detail in
          .with {
            $0.error = .with {
              $0.code = 3
              $0.message = "on_conflict"
              $0.details = [detail]
            }
          }
        }
      }
    }
    let rejects = try TemporaryFile()
    let header = "email,email_consent,sms_loyalty_consent,sms_suppression_reasons\n"
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      "--rejects",
      rejects.path,
      server: server,
      input: header + "a@example.com,subscribed,subscribed,manual\nb@example.com,,,\n"
    )
    #expect(outcome.status == 3)
    let lines = rejects.text.components(separatedBy: "\r\n")
    #expect(
      lines[1].hasSuffix(
        "email: bad; address_phone_number: bad; custom.size: bad; sms_loyalty_consent_at: bad; "
          + "email_consent: bad; sms_suppression_sources: bad; bad; subscriptions[7]: bad"
      )
    )
    #expect(lines[2].contains("phone_number: it belongs to customer 7; leave the cell empty"))
    #expect(!rejects.text.contains("on_conflict"))
  }

  @Test func importsRowsAndKeepsRejects() async throws {
    let server = importer(["bad"])
    let file = try TemporaryFile(
      "\u{FEFF}ID,External_ID,first_name,custom.size:int,sms_consent,sms_consent_at,city\r\n"
        + "9,a,'=1+1,5,subscribed,2024-05-31,Graz\r\n"
        + "9,bad,\"x\r\ny\",,,,\n"
        + "9,c,,five,,,\n"
        + "9,d\n"
        + "9,e,'t Hooft,,,,\n"
    )
    let rejects = try TemporaryFile()
    let outcome = try await patron(
      "customers",
      "import",
      file.path,
      "--rejects",
      rejects.path,
      "--consent",
      "overwrite",
      "--dry-run",
      "--source",
      "klaviyo",
      "--default-country",
      "AT",
      "--store",
      "shop",
      "--invalid-fields",
      "reject",
      server: server
    )
    #expect(outcome.status == 3, "\(outcome.err)")
    #expect(outcome.out.hasPrefix("5 customers: 2 created, 0 updated, 0 unchanged, 3 rejected"))
    #expect(outcome.err.contains("not imported, because only exports have them: id\n"))
    #expect(outcome.err.contains("nothing was written"))
    #expect(outcome.err.contains("line 5:"), "\(outcome.err)")
    let request = try #require(
      try server.requests(ImportCustomersRequest.self, "ImportCustomers").first
    )
    #expect(request.consentPolicy == .overwrite && request.validateOnly)
    #expect(request.source == "klaviyo" && request.defaultCountry == "AT")
    #expect(request.items.map { $0.customer?.externalID } == ["a", "bad", "e"])
    let first = request.items[0]
    #expect(first.customer?.firstName == "=1+1" && first.customer?.address?.city == "Graz")
    #expect(first.customer?.customProperties["size"]?.kind == .int64Value(5))
    #expect(first.subscriptions.first?.state == .subscribed)
    #expect(first.subscriptions.first?.changedAt?.seconds == 1_717_113_600)
    #expect(request.items[2].customer?.firstName == "'t Hooft")
    #expect(request.items[2].subscriptions.isEmpty)
    let expected =
      "ID,External_ID,first_name,custom.size:int,sms_consent,sms_consent_at,city,reject_reason\r\n"
      + "9,bad,\"x\r\ny\",,,,,\"no, \"\"never\"\"\"\r\n"
      + "9,c,,five,,,,\"custom.size:int: \"\"five\"\" is not a whole number of 64 bits.\"\r\n"
      + "9,d,,,,,,the row has 2 cells; the header has 7; complete the row and empty this cell\r\n"
    #expect(rejects.text == expected)
  }

  @Test func aFileOfRejectsCanBeImportedAgain() async throws {
    let file = try TemporaryFile("external_id,first_name,Reject_Reason\na,'=x,why\nb,y,z\n")
    let rejects = try TemporaryFile()
    let outcome = try await patron(
      "customers",
      "import",
      file.path,
      "--rejects",
      rejects.path,
      server: importer(["a"])
    )
    #expect(outcome.status == 3)
    #expect(
      rejects.text == "external_id,first_name,Reject_Reason\r\na,'=x,\"no, \"\"never\"\"\"\r\n"
    )
    #expect(!outcome.err.contains("only exports have"), "\(outcome.err)")
  }

  @Test func mistakesAreSpeltAsInTheFile() async throws {
    let rejects = try TemporaryFile()
    _ = try await patron(
      "customers",
      "import",
      "-",
      "--rejects",
      rejects.path,
      server: importer(),
      input: "external_id,email_consent,accepts_sms_marketing\na,maybe,\nb,,ja\n"
    )
    #expect(rejects.text.contains("never_subscribed"), "\(rejects.text)")
    #expect(rejects.text.contains("Expected true, yes, on, y or 1, or false, no, off, n or 0."))
  }

  @Test func rejectedRowsAreMendedAndRejectedAsOftenAsOneLikes() async throws {
    var text = "external_id,first_name\r\nd\r\na,b,c\r\n"
    for round in 0..<3 {
      let rejects = try TemporaryFile()
      let outcome = try await patron(
        "customers",
        "import",
        "-",
        "--rejects",
        rejects.path,
        server: importer(),
        input: text
      )
      #expect(outcome.status == 3)
      text = rejects.text
      let lines = text.components(separatedBy: "\r\n")
      #expect(lines.count == 4 && lines[0] == "external_id,first_name,reject_reason")
      // A row with missing cells stays rejected after it was padded.
      #expect(lines[1].hasPrefix("d,,the row has 1 cell; the header has 2; complete"), "\(text)")
      #expect(lines[2].hasPrefix("a,b,the row has ") && lines[2].hasSuffix(",c"), "\(text)")
      #expect(lines[2].components(separatedBy: "the row has").count == 2, "\(text)")
      #expect(round == 0 || outcome.out.contains("0 created, 0 updated, 0 unchanged, 2 rejected"))
    }
    let lines = text.components(separatedBy: "\r\n")
    let mended = [lines[0], "d,Dora,", String(lines[2].dropLast(2))].joined(separator: "\n")
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      server: importer(),
      input: mended
    )
    #expect(outcome.status == 0 && outcome.out.hasPrefix("2 customers: 2 created"))
  }

  @Test(arguments: [
    ("external_id;email,x\n", "commas and semicolons outside quotes"),
    ("emial\n", "email"), ("email,first_nam\n", "first_name"),
    ("email,custom.a:float\n", "custom."),
    ("first_name\n", "has no identifier of customers"), ("email,email\n", "twice"),
    ("", "is empty"),
    ("email\na\"b\n", "line 2"), ("email\n\"a\n", "never closed"),
  ])
  func saysWhatIsWrongWithAFile(_ text: String, _ expected: String) async throws {
    let outcome = try await patron("customers", "import", "-", server: importer(), input: text)
    #expect(outcome.status == 1)
    #expect(outcome.err.contains(expected), "\(outcome.err)")
  }

  /// Under another name, from standard input, at the default path, and in a dry run.
  @Test(arguments: [[], ["--dry-run"]])
  func theInputIsNeverTheFileOfRejects(_ more: [String]) async throws {
    let server = importer(["a"])
    let text = "external_id\na\n"
    let file = try TemporaryFile(text)
    let link = file.path + ".link"
    let hard = file.path + ".hard"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file.path)
    try FileManager.default.linkItem(atPath: file.path, toPath: hard)
    defer {
      try? FileManager.default.removeItem(atPath: link)
      try? FileManager.default.removeItem(atPath: hard)
    }
    for rejects in [file.path, link, hard] {
      let outcome = try await patron(
        ["customers", "import", file.path, "--rejects", rejects] + more,
        server: server
      )
      #expect(outcome.status == 2 && outcome.out.isEmpty, "\(outcome.err)")
      #expect(outcome.err.contains("\(rejects), which is the input itself; name another file"))
    }
    #expect(file.text == text && server.calls.isEmpty)
  }

  @Test func aDryRunLeavesTheFileOfRejectsWhereItRejectsNothing() async throws {
    let rejects = try TemporaryFile("kept")
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      "--dry-run",
      "--rejects",
      rejects.path,
      server: importer(),
      input: "external_id\na\n"
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(rejects.text == "kept")
  }

  @Test func aFileThatBreaksOffSaysWhatWasWritten() async throws {
    let server = importer(["b"])
    let rejects = try TemporaryFile()
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      "--batch-size",
      "2",
      "--rejects",
      rejects.path,
      server: server,
      input: "external_id\na\nb\nc\nd\n\"e\n"
    )
    #expect(outcome.status == 1)
    #expect(outcome.out.hasPrefix("4 customers: 3 created, 0 updated, 0 unchanged, 1 rejected"))
    #expect(outcome.err.contains("never closed"), "\(outcome.err)")
    #expect(outcome.err.contains("stopped after answers to 4 customers. Correct the file and run"))
    #expect(rejects.text.hasPrefix("external_id,reject_reason\r\nb,"), "\(rejects.text)")
  }

  @Test func aServerThatGoesAwaySaysWhatWasWritten() async throws {
    let server = FakeServer()
    server.on(CustomerService.importCustomers) { request throws(RPCError) in
      guard request.items[0].customer?.externalID == "a" else {
        throw RPCError(code: .permissionDenied, message: "no more")
      }
      return .with { $0.results = [.with { $0.outcome = .created }] }
    }
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      "--batch-size",
      "1",
      server: server,
      input: "external_id\na\nb\n"
    )
    #expect(outcome.status == 64 + 7)
    #expect(outcome.out.hasPrefix("1 customer: 1 created"), "\(outcome.out)")
    #expect(
      outcome.err.contains("stopped at line 3, after answers to 1 customer"),
      "\(outcome.err)"
    )
  }

  @Test func sendsNoMoreThanFits() async throws {
    let server = importer()
    let rows = (0..<2500).map { "c\($0),\(String(repeating: "x", count: 250))\n" }.joined()
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      server: server,
      input: "external_id,first_name\n" + rows
    )
    #expect(outcome.status == 0 && outcome.out.hasPrefix("2,500 customers: 2,500 created"))
    let requests = try server.requests(ImportCustomersRequest.self, "ImportCustomers")
    #expect(requests.map(\.items.count) == [1000, 1000, 500])
  }

  @Test func theTemplateCanBeImported() async throws {
    let template = try await patron("customers", "import", "--template")
    let server = importer()
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      server: server,
      input: template.out
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(outcome.err.isEmpty)
    let request = try #require(
      try server.requests(ImportCustomersRequest.self, "ImportCustomers").first
    )
    #expect(request.items[0].customer?.phoneNumber == "+12025550143")
    #expect(request.items[0].subscriptions.first?.channel == .email)
  }

  @Test func exportsATimeline() async throws {
    let server = FakeServer()
    server.handle("ExportTimeline") { _, _ throws(RPCError) in
      [
        try FakeServer.encode(
          ExportTimelineResponse.with {
            $0.data = Array("PK".utf8)
            $0.rows = 1
          }
        )
      ]
    }
    let file = try TemporaryFile()
    let outcome = try await patron(
      "timeline",
      "export",
      "--external-id",
      "42",
      "--format",
      "zip",
      "-o",
      file.path,
      "--type",
      "order_placed",
      "--from",
      "2024-01-01",
      "--product",
      "sms",
      "--order-id",
      "o1",
      "--query",
      "sale",
      "--until",
      "2024-02-01",
      server: server
    )
    #expect(outcome.status == 0 && outcome.err == "1 event in \(file.path)\n", "\(outcome.err)")
    #expect(file.text == "PK")
    let request = try #require(
      try server.requests(ExportTimelineRequest.self, "ExportTimeline").first
    )
    #expect(request.format == .zip && request.customer == .externalID("42"))
    #expect(request.filter?.types == ["order_placed"])
    #expect(request.filter?.occurredFrom?.seconds == 1_704_067_200)
    #expect(request.filter?.occurredBefore?.seconds == 1_706_745_600)
    #expect(request.filter?.products == ["sms"] && request.filter?.orderExternalID == "o1")
    #expect(request.filter?.query == "sale")
  }
}

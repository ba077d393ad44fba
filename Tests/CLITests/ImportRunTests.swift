import Foundation
import PatronClient
import Testing

@testable import patron

/// Tests of imports, except for columns: duplicates, warnings, files of rejects, other formats.
struct ImportRunTests {
  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
  }

  /// Returns the lines about rejected rows and about warnings, for rows after a header of three
  /// identifiers.
  private func told(
    _ rows: [String],
    _ more: [String] = []
  ) async throws -> (rejected: [String], warned: [String]) {
    let rejects = try TemporaryFile()
    let text = "external_id,email,phone_number\n" + rows.joined(separator: "\n") + "\n"
    let outcome = try await patron(
      ["customers", "import", "-", "-v", "--batch-size", "2", "--rejects", rejects.path] + more,
      server: .importer(),
      input: text
    )
    let lines = outcome.err.components(separatedBy: "\n")
    return (
      rejects.text.components(separatedBy: "\r\n").dropFirst().filter { !$0.isEmpty },
      lines.filter { $0.contains(": DUPLICATE_ROW:") }
    )
  }

  @Test(arguments: [[], ["--dry-run"]])
  func rowsThatNameTwoPeopleAreRejected(_ more: [String]) async throws {
    let cases = [
      ",a@example.com,+12025550143 ,b@example.com,+1(202)5550143 phone_number and a different "
        + "email",
      ",a@example.com,+12025550143 ,A@Example.com,+12025550144 email and a different phone_number",
      "1,a@example.com, 2,a@example.com, email and a different external_id",
      "1,,+12025550143 2,,+12025550143 phone_number and a different external_id",
    ].map { $0.split(separator: " ", maxSplits: 2).map(String.init) }
    for rows in cases {
      let words = rows[2]
      // Two other rows separate them.
      let answer = try await told([rows[0], "8,,", "9,,", rows[1]], more)
      #expect(answer.rejected.count == 1 && answer.warned.isEmpty, "\(rows): \(answer)")
      let reason = "IDENTIFIER_MISMATCH: line 2 has the same \(words)"
      #expect(answer.rejected.first?.contains(reason) == true, "\(answer)")
    }
    // The e-mail address belongs to one person, the phone number to another.
    let two = try await told(
      [",a@example.com,", ",,+12025550143", ",a@example.com,+12025550143"],
      more
    )
    #expect(two.rejected.count == 1 && two.warned.isEmpty)
    let people = "line 2 has the same email, and line 3 the same phone_number"
    #expect(two.rejected.first?.contains(people) == true)
    // Connected by a row between them.
    let chain = try await told(
      ["1,a@example.com,", "1,,+12025550143", ",b@example.com,+12025550143"])
    #expect(chain.rejected.count == 1 && chain.warned.count == 1)
  }

  /// The server also matches identifiers that earlier rows left behind.
  @Test(arguments: [[], ["--dry-run"]])
  func whatAnExternalIDReplacedIsCompared(_ more: [String]) async throws {
    let taken = try await told(["1,a@example.com,", "1,b@example.com,", "2,b@example.com,"], more)
    #expect(taken.rejected.count == 1 && taken.warned.count == 1, "\(taken)")
    let reason = "line 2 has the same email and a different external_id"
    #expect(taken.rejected.first?.contains(reason) == true, "\(taken)")
    // The replaced address is free.
    let free = try await told(["1,a@example.com,", "1,b@example.com,", "2,a@example.com,"], more)
    #expect(free.rejected.isEmpty && free.warned.count == 1, "\(free)")
    let two = try await told(["1,a@example.com,", "2,b@example.com,", "1,b@example.com,"], more)
    #expect(two.rejected.count == 1 && two.warned.isEmpty, "\(two)")
    #expect(two.rejected.first?.contains("line 3 the same email of another customer") == true)
  }

  @Test func aRowThatIsRefusedByItselfNamesNobody() async throws {
    for id in ["null", "7.2E+12", "42.0"] {
      let rows = ["\(id),a@example.com,", "2,a@example.com,", "\(id),b@example.com,"]
      let answer = try await told(rows)
      #expect(answer.rejected.isEmpty && answer.warned.isEmpty, "\(answer)")
    }
  }

  @Test func theStoresCountryIsThatOfPhoneNumbers() async throws {
    let server = FakeServer.importer()
    server.on(CustomerService.getStoreSettings) { _ in
      .with { $0.settings = .with { $0.defaultCountry = "DE" } }
    }
    let rejects = try TemporaryFile()
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      "--rejects",
      rejects.path,
      server: server,
      input: "email,phone_number\na@example.com,+493012345678\nb@example.com,030 12345678\n"
    )
    #expect(outcome.status == 3 && rejects.text.contains("IDENTIFIER_MISMATCH: line 2"))
    _ = try await patron(
      "customers",
      "import",
      "-",
      server: server,
      input: "email\na@example.com\n"
    )
    #expect(server.calls.count { $0.method == "GetStoreSettings" } == 1)
  }

  @Test func rowsOfOnePersonAreToldOf() async throws {
    for rows in [
      ["1,a@example.com,", "1,a@example.com,"], [",a@example.com,", ",A@EXAMPLE.com,"],
      [",a@example.com,", ",a@example.com,+12025550143"],
      ["1,a@example.com,", "1,b@example.com,"], ["1,a@example.com,", ",a@example.com,"],
    ] {
      let answer = try await told(rows)
      #expect(answer.rejected.isEmpty && answer.warned.count == 1, "\(rows): \(answer)")
      #expect(answer.warned.first?.hasPrefix("line 3: DUPLICATE_ROW: customer.") == true)
      #expect(answer.warned.first?.contains("Line 2 has the same") == true)
    }
    let others = try await told(["1,a@example.com,", "2,b@example.com,", ",c@example.com,"])
    #expect(others.rejected.isEmpty && others.warned.isEmpty)
  }

  @Test func whoeverKeepsWhatIsThereIsToldAndSendsTheRow() async throws {
    let rows = [",a@example.com,+12025550143", ",b@example.com,+12025550143"]
    let answer = try await told(rows, ["--on-mismatch", "keep"])
    #expect(answer.rejected.isEmpty && answer.warned.count == 1)
    let words = "Line 2 has the same phone_number and a different email: the lines are imported"
    #expect(answer.warned.first?.contains(words) == true, "\(answer)")
    let one = try await told(
      [",a@example.com,+12025550143", ",a@example.com,+12025550144"],
      ["--on-mismatch", "keep"]
    )
    #expect(
      one.warned.first?.contains("one customer, which keeps the first value") == true,
      "\(one)"
    )
    let server = FakeServer.importer()
    for policy in ["reject", "keep"] {
      _ = try await patron(
        "customers",
        "import",
        "-",
        "--on-mismatch",
        policy,
        server: server,
        input: "external_id\n\"a\nb\"\nc\n"
      )
    }
    let requests = try server.requests(ImportCustomersRequest.self, "ImportCustomers")
    #expect(requests.map(\.onMismatch) == [.reject, .keep])
    // The row number is the number of its first line.
    #expect(requests[0].items.map(\.row) == [2, 4])
  }

  @Test func phoneNumbersOfTheCountryAreCompared() async throws {
    let rows = [",a@example.com,+493012345678", ",b@example.com,030 12345678"]
    #expect(try await told(rows, ["--default-country", "DE"]).rejected.count == 1)
    #expect(try await told(rows).rejected.isEmpty)
  }

  @Test func aBoundedNumberOfIdentifiersIsKept() throws {
    func item(_ id: String) -> ImportItem { .with { $0.customer = .with { $0.externalID = id } } }
    var duplicates = ImportDuplicates(onMismatch: .reject, defaultCountry: nil, limit: 2)
    var warnings: [Warning] = []
    for (index, id) in ["a", "b", "c", "c", "a"].enumerated() {
      try duplicates.check(item(id), at: index + 2, &warnings)
    }
    let told = "Line 2 has the same external_id: both lines are imported as one customer."
    #expect(warnings.map(\.message) == [told])
  }

  /// A duplicate that the server reports is not reported again by the command.
  @Test func aDuplicateIsToldOnce() async throws {
    let server = FakeServer()
    server.on(CustomerService.importCustomers) { request in
      .with {
        $0.results = request.items.enumerated().map { index, _ in
          .with {
            $0.outcome = .updated
            if index == 1 { $0.warnings = [.with { $0.reason = "DUPLICATE_ROW" }] }
          }
        }
      }
    }
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      "--output",
      "json",
      server: server,
      input: "external_id\na\na\na\n"
    )
    #expect(outcome.out.contains(#""warning_counts": {"DUPLICATE_ROW":2}"#), "\(outcome.out)")
  }

  @Test func warningsSayWhere() async throws {
    let text = "external_id\na\nkept\n\nb\nkept\n"
    let arguments = ["customers", "import", "-", "--on-mismatch", "keep"]
    let server = FakeServer.importer(warning: "kept")
    let table = try await patron(arguments, server: server, input: text)
    #expect(table.err.contains("CONSENT_KEPT: 2 times, at lines 3, 6\n"), "\(table.err)")
    #expect(!table.err.contains("The customer is known."))
    let verbose = try await patron(arguments + ["-v"], server: server, input: text)
    let line = "line 6: CONSENT_KEPT: subscriptions.email.marketing: The customer is known."
    #expect(verbose.err.contains(line + " (RULE: x)\n"), "\(verbose.err)")
    let json = try await patron(arguments + ["--output", "ndjson"], server: server, input: text)
    #expect(json.out.contains(#""warning_counts":{"CONSENT_KEPT":2,"DUPLICATE_ROW":1}"#))
    #expect(
      json.out.contains(
        #"{"row":3,"reason":"CONSENT_KEPT","field":"subscriptions.email.marketing","#
      ),
      "\(json.out)"
    )
    #expect(json.out.contains(#""message":"The customer is known.","rule":"RULE","given":"x"}"#))
    let clean = try await patron(
      arguments + ["--output", "json"],
      server: server,
      input: "external_id\na\n"
    )
    #expect(!clean.out.contains("warning"))
  }

  // MARK: files

  /// The command drops malformed secondary cells, and the server drops those that break a rule:
  /// both report the same.
  @Test func secondaryCellsThatCannotBeReadCostNoRow() async throws {
    let text = """
      external_id,account_created_at,custom.points:int,accepts_sms_marketing
      1,01/05/2024,12,no
      2,2024-05-01,abc,no
      3,2024-05-01,12,perhaps

      """
    let server = FakeServer.importer()
    let rejects = try TemporaryFile()
    let arguments = ["customers", "import", "-", "-v", "--rejects", rejects.path]
    let outcome = try await patron(arguments, server: server, input: text)
    #expect(outcome.status == 3)
    #expect(outcome.err.contains("line 2: FIELD_DROPPED: customer.account_created_at: "))
    #expect(outcome.err.contains("(VALUE_MALFORMED: 01/05/2024)"))
    #expect(outcome.err.contains("line 3: FIELD_DROPPED: customer.custom_properties.points: "))
    let sent = try server.requests(ImportCustomersRequest.self, "ImportCustomers").flatMap(\.items)
    #expect(sent.map(\.customer?.externalID) == ["1", "2"])
    #expect(sent.map(\.customer?.acceptsSMSMarketing) == [false, false])
    #expect(sent[0].customer?.accountCreatedAt == nil)
    #expect(sent[0].customer?.customProperties.count == 1)
    #expect(sent[1].customer?.customProperties.isEmpty == true)
    // Consent is never dropped.
    #expect(rejects.text.contains("3,2024-05-01,12,perhaps,"))
    let strict = try await patron(
      arguments + ["--invalid-fields", "reject"],
      server: .importer(),
      input: text
    )
    #expect(strict.err.contains("3 rejected") || strict.out.contains("3 rejected"), "\(strict)")
  }

  @Test func aTimeAloneTellsOfASuppression() async throws {
    let text = "external_id,email_suppressed_at\n1,2024-06-01\n2,\n3,soon\n"
    let server = FakeServer.importer()
    let rejects = try TemporaryFile()
    let outcome = try await patron(
      ["customers", "import", "-", "--rejects", rejects.path],
      server: server,
      input: text
    )
    let sent = try server.requests(ImportCustomersRequest.self, "ImportCustomers").flatMap(\.items)
    #expect(outcome.status == 3)
    #expect(sent.map { $0.suppressions.map(\.reason) } == [[.manual], []])
    #expect(rejects.text.contains("email_suppressed_at: "))
  }

  @Test func warningsOfOneLineNameItOnce() {
    var warnings = ImportWarnings(lists: false)
    func add(_ row: Int) {
      warnings.add(ImportWarning(row: row, .with { $0.reason = "FIELD_DROPPED" }))
    }
    add(7)
    add(7)
    #expect(warnings.remarks == ["FIELD_DROPPED: 2 times, at line 7"])
    for row in 8...11 { add(row) }
    #expect(warnings.remarks == ["FIELD_DROPPED: 6 times, at lines 7, 8, 9, 10, 11"])
    add(12)
    #expect(warnings.remarks == ["FIELD_DROPPED: 7 times, at lines 7, 8, 9, 10, 11, ..."])
  }

  @Test func aCleanRunRemovesItsOwnOldRejects() async throws {
    let header = "external_id;first_name"
    func run(_ text: String, _ rejects: String) async throws -> String {
      try await patron(
        ["customers", "import", "-", "--rejects", rejects],
        server: .importer(),
        input: text
      ).err
    }
    let rejects = try TemporaryFile()
    for more in [[], ["--dry-run"]] as [[String]] {
      let outcome = try await patron(
        ["customers", "import", "-", "--rejects", rejects.path] + more,
        server: .importer(),
        input: header + "\na;b\nc\n"
      )
      #expect(outcome.status == 3, "\(outcome.err)")
      // A dry run deletes nothing.
      _ = try await patron(
        ["customers", "import", "-", "--rejects", rejects.path, "--dry-run"],
        server: .importer(),
        input: header + "\na;b\n"
      )
      #expect(rejects.text.hasPrefix(header + ";reject_reason"))
      let err = try await run(header + "\na;b\nc;d\n", rejects.path)
      #expect(!FileManager.default.fileExists(atPath: rejects.path))
      #expect(err.contains("of an earlier run is deleted"), "\(err)")
    }
    for other in ["mine\n", "external_id;reject_reason\nx;why\n", header + "\n", ""] {
      let rejects = try TemporaryFile(other)
      let err = try await run(header + "\na;b\n", rejects.path)
      #expect(rejects.text == other)
      #expect(err.contains("earlier run with another file") == other.contains("reject_reason"))
    }
    // Edited rows are kept, whatever was edited.
    for (old, new) in [(";;", ";d;"), ("the row", ""), ("c;", "d;")] {
      let mended = try TemporaryFile()
      _ = try await patron(
        ["customers", "import", "-", "--rejects", mended.path],
        server: .importer(),
        input: header + "\nc\n"
      )
      let text = mended.text.replacing(old, with: new)
      try Data(text.utf8).write(to: URL(filePath: mended.path))
      let err = try await run(header + "\na;b\n", mended.path)
      #expect(mended.text == text && err.contains("was changed since, so it is kept"), "\(err)")
    }
    // An edited file of rejects is not mistaken for the old one.
    let file = try TemporaryFile(header + ";reject_reason\nx;y;why\n")
    let outcome = try await patron(
      ["customers", "import", file.path, "--rejects", file.path + ".rejects"],
      server: .importer()
    )
    #expect(outcome.status == 0 && !file.text.isEmpty)
  }

  @Test func batchesRemoveNothingThatIsNotTheirs() async throws {
    let server = FakeServer()
    server.on(CustomerService.batchUpsertCustomers) { request in
      .with { $0.results = request.customers.map { _ in .with { $0.outcome = .created } } }
    }
    let precious = try TemporaryFile("precious\n")
    let outcome = try await patron(
      "customers",
      "upsert",
      "--batch",
      "-",
      "--rejects",
      precious.path,
      server: server,
      input: "{\"externalId\":\"a\"}\n"
    )
    #expect(outcome.status == 0 && precious.text == "precious\n", "\(outcome.err)")
  }

  @Test func onlyTheOwnerMayReadWhatIsWritten() async throws {
    let old = try TemporaryFile("old")
    #expect(try mode(old.path) & 0o077 != 0)
    let failed = try await patron(
      "customers",
      "import",
      "-",
      "--rejects",
      old.path,
      server: .importer(),
      input: "external_id\n1,2\n"
    )
    #expect(failed.status == 3)
    #expect(try mode(old.path) == 0o600)
    let batch = try TemporaryFile("old")
    _ = try await patron(
      "customers",
      "upsert",
      "--batch",
      "-",
      "--rejects",
      batch.path,
      server: .importer(),
      input: "nonsense\n"
    )
    #expect(batch.text.hasPrefix("{\"line\":1"))
    #expect(try mode(batch.path) == 0o600)
    let server = FakeServer()
    server.handle("ExportCustomers") { _, _ throws(RPCError) in
      [try FakeServer.encode(ExportCustomersResponse.with { $0.data = Array("x".utf8) })]
    }
    let export = try TemporaryFile("old")
    let outcome = try await patron("customers", "export", "-o", export.path, server: server)
    #expect(outcome.status == 0 && export.text == "x")
    #expect(try mode(export.path) == 0o600)
  }

  // MARK: reasons

  /// A server that rejects one row with this error.
  private func refusing(
    _ message: String,
    _ reason: String,
    _ metadata: [String: String]
  ) throws -> FakeServer {
    let info = GoogleRPC.ErrorInfo.with {
      $0.reason = reason
      $0.metadata = metadata
    }
    let value = try FakeServer.encode(info)
    let server = FakeServer()
    server.on(CustomerService.importCustomers) { _ in
      .with {
        $0.results = [
          .with {
            $0.error = .with {
              $0.code = 9
              $0.message = message
              $0.details = [
                .with {
                  $0.typeURL = "type.googleapis.com/google.rpc.ErrorInfo"
                  $0.value = value
                }
              ]
            }
          }
        ]
      }
    }
    return server
  }

  @Test func reasonsOfTheServerAreInTheWordsOfTheCommand() async throws {
    func reason(_ server: FakeServer, _ row: String) async throws -> String {
      let rejects = try TemporaryFile()
      _ = try await patron(
        "customers",
        "import",
        "-",
        "--rejects",
        rejects.path,
        server: server,
        input: "external_id,email\n\(row)\n"
      )
      return rejects.text
    }
    let mismatch = try await reason(
      try refusing(
        "use ON_MISMATCH_KEEP",
        "IDENTIFIER_MISMATCH",
        ["field": "email", "customer_id": "7", "other_row": "5"]
      ),
      "1,a@example.com"
    )
    #expect(mismatch.contains("IDENTIFIER_MISMATCH: email does not match the customer"))
    #expect(mismatch.contains("see line 5, customer 7; correct the row"), "\(mismatch)")
    #expect(mismatch.contains("--on-mismatch keep") && !mismatch.contains("ON_MISMATCH"))
    let contact = try await reason(
      try refusing("Give one.", "CONTACT_REQUIRED", [:]),
      "1,ada.example.com"
    )
    #expect(contact.contains("Give one.; email: the value was left out. "), "\(contact)")
    let warning = ImportWarning(
      row: 2,
      .with { $0.message = "An import with CONSENT_POLICY_OVERWRITE takes it." }
    )
    #expect(warning.message == "An import with --consent overwrite takes it.")
  }

  // MARK: other forms

  /// Malformed secondary members do not reject a line of NDJSON, just as malformed secondary cells
  /// do not reject a row.
  @Test func aTimeThatCannotBeReadCostsNoLine() async throws {
    let line =
      #"{"firstName":"Ä😀","externalId":"a","accountCreatedAt":"31.05.\"2024","#
      + #""acceptsSmsMarketing":false}"#
    let rejects = try TemporaryFile()
    let server = FakeServer.importer()
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      server: server,
      input: line + "\n"
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(outcome.err.contains("FIELD_DROPPED: 1 time, at line 1"))
    let customer = try #require(try server.imported.first?.customer)
    #expect(customer.acceptsSMSMarketing == false && customer.accountCreatedAt == nil)
    let strict = try await patron(
      "customers",
      "import",
      "-",
      "--invalid-fields",
      "reject",
      "--rejects",
      rejects.path,
      server: server,
      input: line + "\n"
    )
    #expect(strict.status == 3, "\(strict.err)")
    let consent = try await patron(
      "customers",
      "import",
      "-",
      "--rejects",
      rejects.path,
      server: server,
      input: #"{"externalId":"a","subscriptions":[{"changedAt":"31.05.2024"}]}"# + "\n"
    )
    #expect(consent.status == 3, "\(consent.err)")
  }

  private let record = """
    {"id":"7","externalId":"a","email":"a@example.com","tags":"vip,gold","locale":"en-US",\
    "defaultLanguage":"en","address":{"city":"Graz"},"customProperties":{"n":{"int64Value":"5"}},\
    "subscriptions":[{"channel":"CHANNEL_EMAIL","topic":"TOPIC_MARKETING",\
    "state":"CONSENT_STATE_SUBSCRIBED","changedAt":"2024-05-31T12:00:00Z","ledgerId":"9"}],\
    "origin":"ORIGIN_API","orderStats":[{"currencyCode":"EUR"}],"ofTomorrow":{"a":[1]},\
    "channels":[{"channel":"CHANNEL_EMAIL","topic":"TOPIC_MARKETING","suppressions":[\
    {"channel":"CHANNEL_EMAIL","reason":"SUPPRESSION_REASON_MANUAL","note":"n"}]},\
    {"channel":"CHANNEL_EMAIL","topic":"TOPIC_LOYALTY","suppressions":[\
    {"channel":"CHANNEL_EMAIL","reason":"SUPPRESSION_REASON_MANUAL","note":"n"}]}]}
    """

  @Test func anExportOfNDJSONIsImported() async throws {
    let server = FakeServer.importer()
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      server: server,
      input: "\u{FEFF}" + record + "\n\n"
    )
    #expect(outcome.status == 0 && outcome.out.hasPrefix("1 customer: 1 created"), "\(outcome.err)")
    let item = try #require(try server.imported.first)
    #expect(item.customer?.externalID == "a" && item.customer?.defaultLanguage == "en-US")
    #expect(item.customer?.tags == "vip,gold" && item.customer?.address?.city == "Graz")
    #expect(item.customer?.customProperties["n"]?.kind == .int64Value(5))
    #expect(item.subscriptions.map(\.ledgerID) == [0] && item.row == 1)
    #expect(item.consent(.email)?.changedAt == .of("2024-05-31T12:00:00Z"))
    #expect(item.suppressions.map(\.reason) == [.manual] && item.suppressions[0].note == "n")
    let mapped = try await patron(
      "customers",
      "import",
      "-",
      "--preset",
      "shopify",
      server: server,
      input: record
    )
    #expect(mapped.status == 2 && mapped.err.contains("is NDJSON"))
  }

  @Test func rejectedLinesOfNDJSONAreMendedAndImportedAgain() async throws {
    let server = FakeServer()
    server.on(CustomerService.importCustomers) { request in
      .with {
        $0.results = request.items.map { item in
          .with {
            guard item.customer?.externalID == "bad" else { return $0.outcome = .created }
            $0.error = .with {
              $0.code = 3
              $0.message = "a \"reason\""
            }
          }
        }
      }
    }
    let rejects = try TemporaryFile()
    var text = "{\"externalId\":\"good\"}\n{ \"externalId\": \"bad\"}\n{\"externalId\":1}x\n"
    // The second run reads the rejects of the first, whose line has the customer in a member.
    for reason in ["customer: externalId: expected", "customer; replace the line"] {
      let outcome = try await patron(
        "customers",
        "import",
        "-",
        "--rejects",
        rejects.path,
        server: server,
        input: text
      )
      #expect(outcome.status == 3, "\(outcome.err)")
      text = rejects.text
      let lines = text.components(separatedBy: "\n")
      #expect(lines[0] == #"{"reject_reason":"a \"reason\"","externalId": "bad"}"#)
      #expect(lines[1].hasPrefix(#"{"reject_reason":"the line is not a \#(reason)"#))
    }
    let mended = text.components(separatedBy: "\n")[0].replacing("\"bad\"", with: "\"good\"")
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      "--rejects",
      rejects.path,
      server: server,
      input: mended
    )
    #expect(outcome.status == 0 && outcome.out.hasPrefix("1 customer: 1 created"))
    #expect(!FileManager.default.fileExists(atPath: rejects.path))
  }

  @Test func aListOfSuppressionsMakesNoCustomers() async throws {
    let server = FakeServer.importer()
    let rejects = try TemporaryFile()
    let file = try TemporaryFile(
      "Email;Channel;Reason;Timestamp;Note\n"
        + "a@example.com;email;HARD_BOUNCE;2024-05-31T12:00:00Z;x\n"
        + "'+12025550143;;Unsubscribed;;\nb@example.com;;;;\n;email;manual;;\n"
        + "c@example.com;post;;;\nd@example.com;;because;tomorrow;\n"
    )
    let outcome = try await patron(
      [
        "customers", "import", "--suppressions", file.path, "--dry-run", "--source", "old_shop",
        "--default-country", "US", "--rejects", rejects.path,
      ],
      server: server
    )
    #expect(outcome.status == 3)
    #expect(outcome.out.hasPrefix("6 suppressions: 0 created, 3 updated"), "\(outcome.out)")
    let request = try #require(
      try server.requests(ImportSuppressionsRequest.self, "ImportSuppressions").first
    )
    #expect(request.validateOnly && request.source == "old_shop" && request.defaultCountry == "US")
    #expect(
      request.suppressions.map(\.address) == ["a@example.com", "+12025550143", "b@example.com"]
    )
    #expect(request.suppressions.map(\.reason) == [.hardBounce, .unsubscribed, .unspecified])
    #expect(request.suppressions.map(\.channel) == [.email, .unspecified, .unspecified])
    #expect(request.suppressions[0].suppressedAt == .of("2024-05-31T12:00:00Z"))
    #expect(request.suppressions[0].note == "x")
    let lines = rejects.text.components(separatedBy: "\r\n")
    #expect(lines[1].contains("address: missing"))
    #expect(lines[2].contains("channel: Expected one of sms, email"))
    #expect(lines[3].contains("reason: Expected one of manual"))
    #expect(lines[3].contains("; suppressed_at: "))
    for (text, expected) in [
      ("Email,Foo,Bar\n", "unknown columns: \"Foo\", \"Bar\""), ("reason\n", "no column address"),
      ("email,phone\n", "two columns are address"), ("{}\n", "is NDJSON"),
    ] {
      let refused = try await patron(
        ["customers", "import", "--suppressions", "-"],
        server: server,
        input: text
      )
      #expect(refused.status == 1 && refused.err.contains(expected), "\(refused.err)")
    }
    let mapped = try await patron(
      ["customers", "import", "--suppressions", "-", "--map", "Foo=", "--map", "Wer=address"],
      server: server,
      input: "Wer,Foo,source\na@example.com,1,s\n"
    )
    #expect(mapped.status == 0 && mapped.err.contains("only exports have them: source"))
    let both = try await patron("customers", "import", "x", "--suppressions", "y")
    #expect(both.status == 2)
  }

  @Test func suppressionsAreListedAndExported() async throws {
    let server = FakeServer()
    server.on(CustomerService.listSuppressions) { request in
      .with {
        let first = request.pageToken.isEmpty
        $0.suppressions = [
          .with {
            $0.addressHash = Array(repeating: first ? 0x0a : 0xff, count: 32)
            $0.address = first ? "a@example.com" : ""
            $0.customerID = first ? 7 : 0
            $0.suppression = .with {
              $0.channel = .email
              $0.reason = .hardBounce
              $0.suppressedAt = .of("2024-05-31T12:00:00Z")
              $0.note = "=x"
            }
          }
        ]
        $0.nextPageToken = first ? "next" : ""
      }
    }
    let table = try await patron(
      [
        "consent", "suppressions", "list", "--channel", "email", "--reason", "hard-bounce",
        "--limit", "1",
      ],
      server: server,
      columns: 160
    )
    #expect(table.status == 0 && table.err.contains("--page-token next"), "\(table.err)")
    #expect(table.out.contains("a@example.com") && table.out.contains("hard bounce"))
    let request = try #require(
      try server.requests(ListSuppressionsRequest.self, "ListSuppressions").first
    )
    #expect(request.channel == .email && request.reason == .hardBounce && request.pageSize == 1)
    let csv = try await patron(
      ["consent", "suppressions", "list", "--all", "--output", "csv"],
      server: server
    )
    let file = try TemporaryFile()
    let export = try await patron(
      ["consent", "suppressions", "export", "-o", file.path],
      server: server
    )
    #expect(export.status == 0 && export.err == "2 suppressions in \(file.path)\n")
    #expect(file.text == csv.out)
    #expect(try mode(file.path) == 0o600)
    let lines = csv.out.components(separatedBy: "\r\n")
    #expect(lines[0] == "address,channel,reason,suppressed_at,source,note,customer_id,address_hash")
    #expect(
      lines[1].hasPrefix("a@example.com,email,hard_bounce,2024-05-31T12:00:00Z,,'=x,7,0a0a")
    )
    #expect(lines[2].hasPrefix(",email,hard_bounce,") && lines[2].hasSuffix("ffff"))
    let json = try await patron(
      ["consent", "suppressions", "export", "--format", "ndjson"],
      server: server
    )
    #expect(json.out.components(separatedBy: "\n").filter { !$0.isEmpty }.count == 2)
  }
}

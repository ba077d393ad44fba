import Foundation
import PatronClient
import TestKit
import Testing

@testable import patron

/// Tests of the columns of a file: names, map, preset and delimiter.
struct ImportLayoutTests {
  private func items(
    _ text: String,
    _ more: [String] = []
  ) async throws -> (items: [ImportItem], err: String) {
    let server = FakeServer.importer()
    let outcome = try await patron(
      ["customers", "import", "-"] + more,
      server: server,
      input: text
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    return (try server.imported, outcome.err)
  }

  private func field(
    _ name: String,
    _ preset: String? = nil,
    _ more: [String] = []
  ) async throws -> (items: [ImportItem], err: String) {
    let server = FakeServer.importer()
    let options = preset.map { ["--preset", $0] } ?? []
    let outcome = try await patron(
      ["customers", "import", FieldFiles.path("imports/\(name)")] + options + more,
      server: server
    )
    #expect(outcome.status == 0, "\(name): \(outcome.err)")
    return (try server.imported, outcome.err)
  }

  @Test func aMapSaysWhatColumnsAre() async throws {
    let text = "Mail ; Given Name;Notes;Shoe Size\na@example.com;Ada;x;39\n"
    let map = try TemporaryFile("# columns\n\nshoe size = custom.shoe_size:int\nNotes=\n")
    let read = try await items(
      text,
      ["--map", "mail=email", "--map", "Given Name=first_name", "--map-file", map.path]
    )
    #expect(read.items.map { $0.customer?.email } == ["a@example.com"])
    #expect(read.items[0].customer?.firstName == "Ada")
    #expect(read.items[0].customer?.customProperties["shoe_size"]?.kind == .int64Value(39))
    #expect(read.err.isEmpty)
  }

  @Test(arguments: [
    (["--map", "Mail"], 2, "expected NAME=COLUMN"),
    (["--map", "=email"], 2, "before the ="),
    (["--map", "Mail=emial"], 2, "did you mean email"),
    (["--map", "Mail=id"], 2, "has no column of that name"),
    (["--map", "Mail=email", "--map", "mail=phone_number"], 2, "mapped twice"),
    (["--map", "Mail=email", "--map", "Post=zip"], 1, "has no column \"Post\""),
    (["--map-file", "/nonexistent"], 1, "cannot read /nonexistent"),
    (["--delimiter", "ab"], 2, "Expected comma, semicolon, tab"),
    (["--preset", "magento"], 2, "magento"),
  ])
  func saysWhatIsWrongWithAMap(
    _ options: [String],
    _ status: Int32,
    _ expected: String
  ) async throws {
    let server = FakeServer.importer()
    let outcome = try await patron(
      ["customers", "import", "-"] + options,
      server: server,
      input: "Mail\na@example.com\n"
    )
    #expect(outcome.status == status && server.calls.isEmpty, "\(outcome.err)")
    #expect(outcome.err.contains(expected), "\(outcome.err)")
  }

  @Test func allUnknownColumnsAreNamedWithWhatTheyMostLikelyAre() async throws {
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      server: .importer(),
      input: "Email,E-Mail 2,Mobile,First Name,Telefon,qqq\na@example.com,,,,,\n"
    )
    #expect(outcome.status == 1)
    for part in [
      "5 unknown columns", "\"Mobile\" (phone_number?)", "\"First Name\" (first_name?)",
      "\"Telefon\" (phone_number?)", "\"qqq\"", "--map 'E-Mail 2=", "'E-Mail 2='",
    ] {
      #expect(outcome.err.contains(part), "\(part): \(outcome.err)")
    }
    let preset = try await patron(
      "customers",
      "import",
      FieldFiles.path("imports/shopify.csv"),
      server: .importer()
    )
    #expect(preset.status == 1 && preset.err.contains("--preset shopify"), "\(preset.err)")
  }

  @Test func twoColumnsCannotBeTheSame() async throws {
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      "--map",
      "Mail=email",
      server: .importer(),
      input: "email,Mail\na@example.com,\n"
    )
    #expect(outcome.status == 1)
    #expect(outcome.err.contains("\"email\" and \"mail\" are both email"), "\(outcome.err)")
  }

  @Test(
    arguments: [
      ("external_id;first_name\n1;\"a,b\"\n", []), ("external_id\tfirst_name\n1\ta,b\n", []),
      ("external_id|first_name\n1|a,b\n", []),
      ("\u{FEFF}sep=;\r\nexternal_id;first_name\n1;a,b\n", []),
      ("external_id,first_name\n1,\"a,b\"\n", []), ("\n\nexternal_id;first_name\n1;a,b\n", []),
      ("external_id;\"first_name\"\n1;a,b\n", ["--delimiter", ";"]),
      ("external_id\tfirst_name\n1\ta,b\n", ["--delimiter", "tab"]),
      ("external_id:first_name\n1:a,b\n", ["--delimiter", ":"]),
    ] as [(String, [String])]
  )
  func theHeaderTellsWhatSeparatesCells(_ text: String, _ options: [String]) async throws {
    let read = try await items(text, options).items
    #expect(read.map { $0.customer?.externalID } == ["1"])
    #expect(read.map { $0.customer?.firstName } == ["a,b"])
  }

  @Test func aHeaderWithTwoSeparatorsIsAsked() async throws {
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      server: .importer(),
      input: "email;first_name,last_name\n"
    )
    #expect(outcome.status == 1)
    #expect(outcome.err.contains("commas and semicolons outside quotes; select the separator with"))
    // Quoted separators are part of a name.
    let read = try await items(
      "email,\"a;b\"\na@example.com,x\n",
      ["--map", "a;b=first_name"]
    )
    #expect(read.items[0].customer?.firstName == "x")
  }

  @Test func spreadsheetsKeepDigitsAsText() async throws {
    let read = try await field(
      "excel-german.csv",
      nil,
      [
        "--map", "Kundennummer=external_id", "--map", "Vorname=first_name", "--map",
        "Nachname=last_name", "--map", "E-Mail=email", "--map", "Telefon=phone_number", "--map",
        "PLZ=zip",
      ]
    )
    let customer = try #require(read.items.first?.customer)
    #expect(customer.externalID == "00042" && customer.phoneNumber == "+49301234567")
    #expect(customer.address?.zip == "01067" && customer.lastName == "Beispiel; geb. Muster")
    // Cells that only look alike stay unchanged, and --safety off reads all cells unchanged.
    let plain = try await items("external_id,first_name\n'7a,'90s\n").items
    #expect(plain[0].customer?.externalID == "'7a" && plain[0].customer?.firstName == "'90s")
    let off = try await items("external_id\n'77\n", ["--safety", "off"]).items
    #expect(off[0].customer?.externalID == "'77")
  }

  @Test(arguments: [
    ("\"\"\"VIP\"\",\"\"News, weekly\"\"\"", "VIP, News weekly"), ("a;b", "a, b"), ("a|b", "a, b"),
    ("\"[\"\"a\"\",\"\"b\"\"]\"", "a, b"), ("\"a, b\"", "a, b"), ("a", "a"), ("[]", nil),
    (" ; ", nil),
  ])
  func tagsAreReadInAllForms(_ cell: String, _ tags: String?) async throws {
    let read = try await items("external_id,tags\n1,\(cell)\n")
    #expect(read.items[0].customer?.tags == tags)
    #expect(read.err.contains("TAG_COMMA: 1 time, at line 2") == cell.contains("weekly"))
  }

  @Test(arguments: ["y", "on", "T", "Yes", "1"], ["n", "OFF", "f", "no", "0"])
  func booleansAreSpelledInManyWays(_ yes: String, _ no: String) async throws {
    let read = try await items(
      "external_id,accepts_sms_marketing,accepts_email_marketing\n1,\(yes),\(no)\n"
    )
    #expect(read.items[0].customer?.acceptsSMSMarketing == true)
    #expect(read.items[0].customer?.acceptsEmailMarketing == false)
  }

  /// Tags in database arrays are read; tags as objects are not.
  @Test func tagsOfDatabasesAreReadOrLeftOut() async throws {
    let read = try await items(
      "external_id;tags;accepts_sms_marketing\n1;{vip,gold};no\n2;{a b, c};no\n3;{x};no\n"
        + "4;\"[{\"\"name\"\": \"\"a\"\"}]\";no\n5;[{'name':'a'}];no\n"
    )
    let tags = read.items.map { $0.customer?.tags }
    #expect(tags == ["vip, gold", "{a b, c}", "{x}", nil, nil])
    #expect(read.items.allSatisfy { $0.customer?.acceptsSMSMarketing == false })
    #expect(read.err.contains("FIELD_DROPPED: 2 times, at lines 5, 6"), "\(read.err)")
  }

  @Test(arguments: ["'ada@example.com", "ada@example.com"])
  func aMarkBeforeAnAddressIsTakenOff(_ cell: String) async throws {
    let read = try await items("email,phone_number\n\(cell),'(415) 555-0102\n")
    #expect(read.items.map { $0.customer?.email } == ["ada@example.com"])
    #expect(read.items.map { $0.customer?.phoneNumber } == ["(415) 555-0102"])
    let server = FakeServer.importer()
    _ = try await patron(
      "customers",
      "import",
      "--suppressions",
      "-",
      server: server,
      input: "address\n\(cell)\n'+14155550102\n"
    )
    let sent = try server.requests(ImportSuppressionsRequest.self, "ImportSuppressions")
    #expect(sent.flatMap(\.suppressions).map(\.address) == ["ada@example.com", "+14155550102"])
  }

  @Test(arguments: [
    " unsubscribed", "unsubscribed\u{A0}", "UNSUBSCRIBED", "opt-out", "Opted out", "opt_out",
    "opted-out", "unsub", "opted\u{A0}out ",
  ])
  func anOptOutIsReadInAllSpellings(_ cell: String) async throws {
    let read = try await items(
      "external_id,email_consent,accepts_sms_marketing\n1,\(cell),\u{A0}No \n2,, \n"
    )
    #expect(read.items.map { $0.consent(.email)?.state } == [.unsubscribed, nil])
    #expect(read.items.map { $0.customer?.acceptsSMSMarketing } == [false, nil])
  }

  /// Agreements are never guessed.
  @Test(arguments: ["opt-in", "opted in", "sub", "yes"])
  func anAgreementIsReadInOneSpelling(_ cell: String) async throws {
    let server = FakeServer.importer()
    let rejects = try TemporaryFile()
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      "--rejects",
      rejects.path,
      server: server,
      input: "external_id,email_consent\n1,\(cell)\n2, Subscribed\n"
    )
    #expect(outcome.status == 3)
    #expect(rejects.text.contains("email_consent: Expected one of"), "\(rejects.text)")
    #expect(try server.imported.map { $0.consent(.email)?.state } == [.subscribed])
  }

  @Test func columnsWithoutANameAreLeftOutWithANote() async throws {
    let read = try await items(",email,first_name,,\n0,a@example.com,Ada,,\n1,b@example.com,,x,y\n")
    #expect(read.items.map { $0.customer?.email } == ["a@example.com", "b@example.com"])
    #expect(read.err.contains("the header has no name for them: 3 columns"), "\(read.err)")
    let server = FakeServer.importer()
    let list = try await patron(
      "customers",
      "import",
      "--suppressions",
      "-",
      server: server,
      input: ",address\n0,a@example.com\n"
    )
    #expect(list.status == 0 && list.err.contains("no name for it: 1 column"), "\(list.err)")
    let preset = try await items("Email,\na@example.com,x\n", ["--preset", "shopify"])
    #expect(preset.err.contains("no name for it: 1 column"))
    #expect(!preset.err.contains("unknown to the preset"), "\(preset.err)")
  }

  @Test(arguments: [
    "[{\"externalId\":\"a\"}]", "[\n  {\n", " [ {", "{\n  \"externalId\": \"a\"\n}\n",
  ])
  func jsonOverSeveralLinesIsToldWithWhatToDo(_ text: String) async throws {
    let server = FakeServer.importer()
    let outcome = try await patron("customers", "import", "-", server: server, input: text)
    #expect(outcome.status == 1 && server.calls.isEmpty)
    #expect(
      outcome.err.contains("expected one object per line. Convert an array with `jq -c '.[]'`"),
      "\(outcome.err)"
    )
    let list = try await patron(
      "customers",
      "import",
      "--suppressions",
      "-",
      server: server,
      input: text
    )
    #expect(list.status == 1 && list.err.contains("is JSON; expected CSV"), "\(list.err)")
  }

  // MARK: presets

  @Test func readsShopify() async throws {
    let (items, err) = try await field("shopify.csv", "shopify")
    let ada = try #require(items.first?.customer)
    #expect(ada.externalID == "7210448301122" && ada.phoneNumber == "+12025550142")
    #expect(ada.acceptsEmailMarketing == true && ada.acceptsSMSMarketing == false)
    #expect(ada.address?.zip == "02110" && ada.address?.phoneNumber == "+12025550143")
    #expect(ada.address?.provinceCode == "MA" && ada.address?.company == "Example Ltd")
    #expect(ada.tags == "VIP, wholesale")
    #expect(items[1].customer?.acceptsEmailMarketing == false && items[1].customer?.tags == nil)
    #expect(err.contains("ignored by the preset: Total Spent, Total Orders, Note, Tax Exempt\n"))
    #expect(err.contains("unknown to the preset and ignored: fav (customer.metafields"))
    let mapped = try await field(
      "shopify.csv",
      "shopify",
      ["--map", "fav (customer.metafields.custom.fav)=custom.fav", "--map", "note=custom.note"]
    )
    #expect(mapped.items[0].customer?.customProperties["fav"]?.kind == .stringValue("blue"))
    #expect(mapped.items[0].customer?.customProperties["note"]?.kind == .stringValue("likes tea"))
    #expect(!mapped.err.contains("not known"))
    let old = try #require(try await field("shopify-2022.csv", "shopify").items.first?.customer)
    #expect(old.address?.state == "Ontario" && old.address?.countryCode == "CA")
    #expect(old.phoneNumber == "+14165550142" && old.acceptsSMSMarketing == true)
  }

  @Test func readsWooCommerce() async throws {
    let report = try await field("woocommerce-analytics.csv", "woocommerce").items
    let ada = try #require(report.first?.customer)
    #expect(ada.firstName == "Ada" && ada.lastName == "María Example" && ada.externalID == nil)
    #expect(ada.address?.countryCode == "ES" && ada.address?.zip == "28001")
    #expect(ada.accountCreatedAt == .of("2023-01-02T03:04:05Z"))
    #expect(report[1].customer?.firstName == "Bo" && report[1].customer?.lastName == nil)
    let items = try await field("woocommerce-export.csv", "woocommerce").items
    let known = try #require(items.first?.customer)
    #expect(known.externalID == "17" && known.firstName == "Ada")
    #expect(known.email == "ada@example.com" && known.phoneNumber == "+12025550142")
    #expect(known.address?.provinceCode == "MA" && known.address?.city == "Boston")
    #expect(known.acceptsEmailMarketing == true)
    // Guests have no number.
    #expect(items[1].customer?.externalID == nil && items[1].customer?.email == "bo@example.com")
    #expect(items[1].customer?.acceptsEmailMarketing == false)
  }

  @Test func readsKlaviyo() async throws {
    let (items, err) = try await field("klaviyo.csv", "klaviyo")
    try #require(items.count == 5)
    let email = items.map { $0.consent(.email) }
    let states = email.map { $0?.state }
    #expect(states == [.subscribed, .unsubscribed, nil, .subscribed, .unsubscribed])
    #expect(email[0]?.changedAt == .of("2023-05-04T10:00:00Z"))
    // An opt-out among the suppressions does not take the time of the agreement before it.
    #expect(email[1]?.changedAt == nil)
    #expect(email[3]?.changedAt == .of("2024-02-03T04:05:06Z"))
    #expect(items[0].consent(.sms)?.state == .unsubscribed)
    #expect(items.dropFirst().allSatisfy { $0.consent(.sms) == nil })
    #expect(
      items.map { $0.suppressions.map(\.reason) } == [[], [.spamComplaint], [], [], [.hardBounce]]
    )
    #expect(items[0].customer?.address?.state == "MA" && items[0].customer?.externalID == nil)
    #expect(err.contains("ignored: Shoe Size"), "\(err)")
  }

  @Test func readsSuppressionsOfKlaviyoInAllForms() async throws {
    func read(_ cell: String) async throws -> (item: ImportItem, err: String) {
      let quoted = "\"" + cell.replacing("\"", with: "\"\"") + "\""
      let read = try await items(
        "Email,Email Marketing Consent,Email Suppressions\na@example.com,SUBSCRIBED,\(quoted)\n",
        ["--preset", "klaviyo"]
      )
      return (try #require(read.items.first), read.err)
    }
    let time = GoogleProtobuf.Timestamp.of("2024-05-31T12:00:00Z")
    for cell in [
      #"[{"reason": "HARD_BOUNCE", "timestamp": "2024-05-31T12:00:00Z"}]"#,
      #"[{"timestamp": "2024-05-31T12:00:00Z", "reason": "HARD_BOUNCE"}]"#,
      "HARD_BOUNCE: 2024-05-31T12:00:00Z", "['hard bounce: 2024-05-31T12:00:00Z']",
    ] {
      let (item, err) = try await read(cell)
      #expect(item.suppressions.map(\.reason) == [.hardBounce], "\(cell)")
      #expect(item.suppressions.map(\.suppressedAt) == [time], "\(cell)")
      #expect(item.consent(.email)?.state == .subscribed && !err.contains("SUPPRESSION_UNKNOWN"))
    }
    let two = try await read(
      #"[{"reason":"SPAM_COMPLAINT"},{"reason":"UNSUBSCRIBE","timestamp":"2024-05-31T12:00:00Z"}]"#
    )
    #expect(two.item.suppressions.map(\.reason) == [.spamComplaint])
    #expect(two.item.consent(.email)?.state == .unsubscribed)
    #expect(two.item.consent(.email)?.changedAt == time)
    let words = try await read("UNSUBSCRIBE HARD_BOUNCE")
    #expect(words.item.suppressions.map(\.reason) == [.hardBounce])
    #expect(words.item.consent(.email)?.state == .unsubscribed)
    // An unknown word suppresses the address.
    let strange = try await read("[\"QUUX\"]")
    #expect(strange.item.suppressions.map(\.reason) == [.manual])
    #expect(strange.err.contains("SUPPRESSION_UNKNOWN: 1 time, at line 2"), "\(strange.err)")
  }

  @Test func readsTheFilesOfMailchimp() async throws {
    let agreed = try await field("subscribed_members_export.csv", "mailchimp")
    let consent = try #require(agreed.items.first?.consent(.email))
    #expect(consent.state == .subscribed && consent.changedAt == .of("2015-03-16T14:40:47Z"))
    #expect(agreed.items[0].customer?.tags == "VIP, News weekly")
    #expect(agreed.items[0].customer?.address == nil && !agreed.err.contains("nothing says"))
    let left = try await field("unsubscribed_members_export.csv", "mailchimp").items
    #expect(left.first?.consent(.email)?.state == .unsubscribed)
    #expect(left.first?.consent(.email)?.changedAt == .of("2020-01-02T03:04:05Z"))
    #expect(left.first?.consent(.email)?.changedBy == .unspecified)
    let cleaned = try await field("cleaned_members_export.csv", "mailchimp").items
    #expect(cleaned.first?.subscriptions.isEmpty == true)
    #expect(cleaned.first?.suppressions.map(\.reason) == [.hardBounce])
    #expect(cleaned.first?.suppressions.first?.suppressedAt == .of("2021-01-02T03:04:05Z"))
    // The same without the name: files of people who never agreed look the same.
    let text = try String(
      contentsOfFile: FieldFiles.path("imports/subscribed_members_export.csv"),
      encoding: .utf8
    )
    let unnamed = try await items(text, ["--preset", "mailchimp"])
    #expect(unnamed.items.first?.subscriptions.isEmpty == true)
    #expect(unnamed.err.contains("the file does not state consent"))
  }

  @Test func errorsCallColumnsAsTheFileDoes() async throws {
    let server = FakeServer()
    server.on(CustomerService.importCustomers) { _ throws(RPCError) in
      let bad = GoogleRPC.BadRequest.with {
        $0.fieldViolations = [
          .with {
            $0.field = "customer.email"
            $0.description = "bad"
          }
        ]
      }
      let value = try FakeServer.encode(bad)
      return .with {
        $0.results = [
          .with {
            $0.error = .with {
              $0.code = 3
              $0.details = [
                .with {
                  $0.typeURL = "type.googleapis.com/google.rpc.BadRequest"
                  $0.value = value
                }
              ]
            }
          }
        ]
      }
    }
    let rejects = try TemporaryFile()
    let outcome = try await patron(
      "customers",
      "import",
      "-",
      "--map",
      "Mail Address=email",
      "--map",
      "Since=account_created_at",
      "--invalid-fields",
      "reject",
      "--rejects",
      rejects.path,
      server: server,
      input: "Mail Address;Since\nx;\ny;never\n"
    )
    #expect(outcome.status == 3)
    let lines = rejects.text.components(separatedBy: "\r\n")
    #expect(lines[0] == "Mail Address;Since;reject_reason")
    #expect(lines[1] == "x;;mail address: bad")
    #expect(lines[2].hasPrefix("y;never;") && lines[2].contains("since: "))
  }
}

import PatronModel
import PatronProto
import ProtobufC
import TTRPC
import Testing

/// Tests of ExportCustomers.
struct ExportTests {
  @Test func hasTheColumnsAndTheRowsOldestFirst() async throws {
    try await Shop.open { shop in
      for id in ["a", "b", "c"] {
        try await shop.upsert {
          $0.externalID = id
          $0.email = "\(id)@example.com"
          $0.tags = "vip, gold"
        }
      }
      try await shop.sync(.of("1", 1050)) { $0.externalID = "b" }
      try await shop.sync(.of("2", 999)) { $0.externalID = "b" }
      let (text, rows) = try await shop.export()
      let table = try Shop.table(text)
      #expect(rows == 3 && table.count == 4)
      #expect(table[0] == CustomerColumn.standard.map(\.name))
      let second = Dictionary(uniqueKeysWithValues: zip(table[0], table[2]))
      #expect(table.dropFirst().map { $0[1] } == ["a", "b", "c"])
      #expect(second["tags"] == "vip, gold" && second["origin"] == "api")
      #expect(second["order_count"] == "2" && second["total_spent"] == "20.49")
      #expect(second["currency"] == "USD" && second["average_order_value"] == "10.25")
      #expect(second["first_order_at"] == "2023-11-14T22:13:20Z")
      #expect(second["sms_consent"] == "never_subscribed" && second["sms_can_receive"] == "false")
      #expect(second["sms_suppressed"] == "false" && second["loyalty_member"] == "false")
      #expect(try await shop.export(in: "empty").rows == 0)
      #expect(try await shop.exportTable(in: "empty").count == 1)
    }
  }

  @Test func greatestAmountsAreExported() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "b"
        $0.email = "b@example.com"
      }
      try await shop.sync(.of("1", .max, "EUR")) { $0.externalID = "b" }
      for (id, expected) in [
        ("2", "46116860184273879.04"), ("3", "30744573456182586.02"),
      ] {
        try await shop.sync(.of(id, 0, "EUR")) { $0.externalID = "b" }
        let table = try Shop.table(try await shop.export().text)
        let row = Dictionary(uniqueKeysWithValues: zip(table[0], table[1]))
        #expect(row["average_order_value"] == expected)
        #expect(row["total_spent"] == "92233720368547758.07")
      }
    }
  }

  @Test func propertiesHaveAColumnForEachType() async throws {
    try await Shop.open { shop in
      func set(_ id: String, _ properties: [String: PatronProto.PropertyValue.Kind]) async throws {
        try await shop.upsert {
          $0.externalID = id
          $0.email = "\(id)@example.com"
          $0.customProperties = properties.mapValues { kind in .with { $0.kind = kind } }
        }
      }
      try await set("a", ["size": .int64Value(-5), "on": .boolValue(false)])
      try await set(
        "b",
        [
          "size": .stringValue("=L"),
          "day": .dateValue(
            .with {
              $0.year = 2024
              $0.month = 2
              $0.day = 29
            }
          ),
        ]
      )
      try await set(
        "c",
        [
          "at": .timestampValue(.at(1, nanos: 123_456_789)), "rate": .doubleValue(-1e-7),
        ]
      )
      let table = try await shop.exportTable { $0.columns = [] }
      let columns = table[0].filter { $0.hasPrefix("custom.") }
      #expect(
        columns == [
          "custom.at:timestamp", "custom.day:date", "custom.on:bool", "custom.rate:double",
          "custom.size:string", "custom.size:int",
        ]
      )
      let cells = table.dropFirst().map { Array($0.suffix(6)) }
      #expect(
        cells == [
          ["", "", "false", "", "", "-5"], ["", "2024-02-29", "", "", "=L", ""],
          ["1970-01-01T00:00:01.123456789Z", "", "", "-1e-07", "", ""],
        ]
      )
    }
  }

  @Test func columnsCanBeChosen() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.email = "a@example.com"
        $0.phoneNumber = nil
        $0.firstName = "=1+1"
      }
      let some = try await shop.export { $0.columns = ["first_name", "custom.x:int", "email"] }
      #expect(some.text == "first_name,custom.x:int,email\r\n'=1+1,,a@example.com\r\n")
      let off = try await shop.export {
        $0.columns = ["first_name"]
        $0.safety = .off
        $0.byteOrderMark = true
      }
      #expect(off.text.utf8.elementsEqual("\u{FEFF}first_name\r\n=1+1\r\n".utf8))
      let writable = try await shop.exportTable { $0.columns = ["writable"] }
      #expect(!writable[0].contains("id") && !writable[0].contains("sms_can_receive"))
      #expect(writable[0].contains("address_phone_number"))
      #expect(writable[0].contains("sms_suppression_reasons"))
      let broken = try await violations {
        try await shop.export { $0.columns = ["emial", "id", "id", "writable"] }
      }
      #expect(
        broken == [
          Broken("columns[0]", "COLUMN_UNKNOWN"), Broken("columns[2]", "COLUMN_REPEATED"),
          Broken("columns[3]", "COLUMN_UNKNOWN"),
        ]
      )
    }
  }

  @Test func phonesStayUnlessStrict() async throws {
    try await Shop.open { shop in
      try await shop.upsert { $0.phoneNumber = "+12025550143" }
      let smart = try await shop.export { $0.columns = ["phone_number"] }
      #expect(smart.text == "phone_number\r\n+12025550143\r\n")
      let strict = try await shop.export {
        $0.columns = ["phone_number"]
        $0.safety = .strict
      }
      #expect(strict.text == "phone_number\r\n'+12025550143\r\n")
    }
  }

  @Test func refusesWhatDoesNotFit() async throws {
    try await Shop.open { shop in
      let zip = try await violations { try await shop.export { $0.format = .zip } }
      #expect(zip == [Broken("format", "FORMAT_UNSUITABLE")])
      let mixed = try await violations {
        try await shop.export {
          $0.format = .ndjson
          $0.byteOrderMark = true
        }
      }
      #expect(mixed == [Broken("format", "CSV_OPTIONS_WITHOUT_CSV")])
    }
  }

  @Test func writesMoreThanOneMessage() async throws {
    try await Shop.open { shop in
      _ = try await shop.import(
        (0..<1000).map { number in .of("c\(number)") { $0.firstName = "n\(number)" } }
      )
      let csv = try await shop.exportTable { $0.columns = ["external_id", "first_name"] }
      #expect(csv.count == 1001)
      #expect(csv[1000] == ["c999", "n999"])
      let lines = try await shop.export { $0.format = .ndjson }
      #expect(lines.rows == 1000 && lines.text.split(separator: "\n").count == 1000)
    }
  }

  @Test func linesSayWhoseAddressIsSuppressed() async throws {
    try await Shop.open { shop in
      for (number, name) in ["a", "b", "c"].enumerated() {
        try await shop.upsert {
          $0.externalID = name
          $0.email = "\(name)@example.com"
          $0.phoneNumber = "+1415555010\(number)"
          $0.acceptsSMSMarketing = true
          $0.acceptsEmailMarketing = true
        }
      }
      try await shop.suppress(.externalID("a"), .hardBounce) { $0.channels = [.email] }
      try await shop.suppress(.externalID("c"), .manual) { $0.channels = [.sms] }
      let text = try await shop.export { $0.format = .ndjson }.text
      let lines = try text.split(separator: "\n").map { try Customer(json: String($0)) }
      #expect(lines.map(\.externalID) == ["a", "b", "c"])
      #expect(lines.map(\.channels.count) == [2, 0, 2])
      for line in [lines[0], lines[2]] {
        let shown = try await shop.get(.id(line.id), view: .full)
        #expect(line.channels == shown.channels.filter { $0.topic == .marketing })
        var plain = line
        plain.channels = []
        var record = shown.customer
        record?.channels = []
        #expect(plain == record)
      }
      #expect(lines[0].channels.map(\.canReceive) == [true, false])
      #expect(lines[2].channels.flatMap(\.suppressions).map(\.reason) == [.manual])
    }
  }

  @Test func whatMayBeSentIsAsTheCustomerShowsIt() async throws {
    try await Shop.open { shop in
      func add(_ name: String, _ number: Int, _ channels: [ContactChannel]) async throws {
        try await shop.subscribe {
          $0.customer = .with {
            $0.externalID = name
            $0.email = "\(name)@example.com"
            $0.phoneNumber = "+1415555010\(number)"
          }
          $0.channels = channels
        }
      }
      // One address was suppressed before its customer was known.
      try await shop.suppress(.phoneNumber("+14155550103"), .carrierBlock)
      for (number, name) in ["a", "b", "c", "d", "e", "f"].enumerated() {
        try await add(name, number, number % 2 == 0 ? [.sms, .email] : [.sms])
      }
      try await shop.suppress(.externalID("a"), .manual)
      try await shop.suppress(.externalID("a"), .policy) { $0.channels = [.sms, .email] }
      try await shop.unsubscribe(.externalID("b"))
      try await shop.suppress(.externalID("c")) { $0.channels = [.email] }
      try await shop.suppress(.externalID("e"))
      try await shop.unsuppress(.externalID("e"))
      try await shop.unsubscribe(.externalID("f")) { $0.topics = [.loyalty] }
      try await shop.upsert {
        $0.externalID = "g"
        $0.email = "g@example.com"
        $0.acceptsEmailMarketing = true
        $0.acceptsSMSMarketing = true
      }

      let table = try await shop.exportTable()
      #expect(table.count == 8)
      for cells in table.dropFirst() {
        let row = Dictionary(uniqueKeysWithValues: zip(table[0], cells))
        let name = try #require(row["external_id"])
        for (channel, prefix) in [(ContactChannel.sms, "sms"), (.email, "email")] {
          let status = try await shop.status(channel, of: .externalID(name))
          #expect(row["\(prefix)_can_receive"] == "\(status.canReceive)", "\(name) \(prefix)")
          #expect(row["\(prefix)_suppressed"] == "\(!status.suppressions.isEmpty)", "\(name)")
        }
      }
      #expect(table[1].contains("manual;policy"))
      #expect(table[4].contains("carrier_block"))
      let may = table[0].firstIndex(of: "sms_can_receive") ?? 0
      #expect(
        table.dropFirst().map { $0[may] }
          == ["false", "false", "true", "false", "true", "true", "false"]
      )
    }
  }
}

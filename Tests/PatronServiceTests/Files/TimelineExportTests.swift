import Foundation
import PatronProto
import ProtobufC
import TTRPC
import TestKit
import Testing

/// Tests of ExportTimeline.
struct TimelineExportTests {
  private func export(
    _ shop: Shop,
    _ adjust: (inout ExportTimelineRequest) -> Void
  ) async throws -> (bytes: [UInt8], rows: Int64) {
    var request = ExportTimelineRequest.with { $0.customer = .with { $0.ref = .externalID("c1") } }
    adjust(&request)
    var bytes: [UInt8] = []
    var rows: Int64 = 0
    for try await part in try await shop.timelines.exportTimeline(request) {
      bytes += part.data
      rows = part.rows
    }
    return (bytes, rows)
  }

  private func fill(_ shop: Shop) async throws {
    try await shop.upsert {
      $0.externalID = "c1"
      $0.email = "c1@example.com"
      $0.firstName = "=Ada, \"😀\""
      $0.acceptsEmailMarketing = true
    }
    _ = try await shop.timelines.syncCheckout(
      .with {
        $0.customer = .with { $0.externalID = "c1" }
        $0.checkout = .with {
          $0.token = "=k1"
          $0.startedAt = .at(1_700_000_000)
          $0.total = .of(4200)
          $0.lineItems = [.with { $0.name = "@Cup" }]
        }
      }
    )
    for reason in [SuppressionReason.hardBounce, .policy] {
      try await shop.suppress(.externalID("c1"), reason) {
        $0.channels = [.email]
        $0.suppressedAt = .at(1_700_000_000)
        $0.source = "mail_server"
        $0.note = "-550"
      }
    }
    try await shop.sync(
      .of("o1", 1250) {
        $0.lineItems = [
          .with {
            $0.productID = "p1"
            $0.name = "@Cup"
            $0.quantity = 2
          }
        ]
      }
    )
    try await shop.record { event in
      event.eventID = "t1"
      event.source = .thirdParty
      event.sourceName = "helpdesk"
      event.type = "ticket_opened"
      event.title = "+Help"
      event.occurredAt = .at(1_700_000_500)
      event.properties = [
        "stars": .with { $0.kind = .int64Value(5) },
        "text": .with { $0.kind = .stringValue("a \"b\"\n") },
      ]
    }
  }

  @Test func writesEventsAsCSVAndNDJSON() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      let (bytes, rows) = try await export(shop) { $0.format = .csv }
      let table = try Shop.table(String(decoding: bytes, as: UTF8.self))
      #expect(Int(rows) == table.count - 1)
      #expect(
        table[0] == [
          "event_id", "occurred_at", "recorded_at", "source", "source_name", "product", "type",
          "title", "channel", "amount", "currency", "order_ref", "campaign", "actor",
          "properties_json",
        ]
      )
      let ticket = try #require(table.first { $0[0] == "t1" })
      #expect(ticket[1] == "2023-11-14T22:21:40Z" && ticket[3] == "third_party")
      #expect(ticket[7] == "+Help" && ticket[14] == #"{"stars":5,"text":"a \"b\"\n"}"#)
      let order = try #require(table.first { $0[6] == "order_placed" })
      #expect(order[9] == "12.50" && order[10] == "USD" && order[11] == "o1")
      #expect(String(decoding: bytes, as: UTF8.self).contains(",'+Help,"))
      let lines = try await export(shop) { $0.format = .ndjson }
      let events = try lines.bytes.split(separator: UInt8(ascii: "\n")).map {
        try Event(json: Array($0))
      }
      #expect(events.count == Int(rows) && lines.rows == rows)
      let filtered = try await export(shop) {
        $0.filter = .with { $0.types = ["ticket_opened"] }
      }
      #expect(filtered.rows == 1)
      let missing = try await failure {
        try await export(shop) { $0.customer = .with { $0.ref = .externalID("no") } }
      }
      #expect(missing.code == .notFound)
    }
  }

  @Test func theArchiveHoldsEverything() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      let (bytes, rows) = try await export(shop) { $0.format = .zip }
      #expect(rows > 0)
      #expect(bytes.starts(with: [0x50, 0x4B, 3, 4]))
      let folder = TemporaryDirectory()
      let path = folder.path + "/c1.zip"
      try Data(bytes).write(to: URL(filePath: path))
      guard let listing = try Self.python(path) else { return }
      let parts = listing.components(separatedBy: "\u{1F}")
      #expect(
        parts[0] == "customer.csv events.csv orders.csv order_items.csv checkouts.csv consent.csv "
          + "suppressions.csv data.json"
      )
      #expect(parts[1] == "None", "a checksum is wrong")
      #expect(parts[2].contains("\"'=Ada, \"\"😀\"\"\""))
      #expect(parts[3].contains("@Cup") && parts[3].contains("o1,p1,"))
      #expect(parts[4].contains("subscribe") && parts[4].contains("email"))
      #expect(
        parts[5] == "channels checkouts consentHistory customer events formerEmails "
          + "formerExternalIds formerIds formerPhoneNumbers orders provenance suppressions"
      )
      let checkouts = try Shop.table(parts[6])
      #expect(checkouts.count == 2 && checkouts[1].prefix(2) == ["=k1", "2023-11-14T22:13:20Z"])
      #expect(checkouts[1][4...6] == ["42.00", "USD", "1"])
      #expect(
        try Shop.table(parts[7]) == [
          ["channel", "reason", "suppressed_at", "source", "note"],
          ["email", "hard_bounce", "2023-11-14T22:13:20Z", "mail_server", "-550"],
          ["email", "policy", "2023-11-14T22:13:20Z", "mail_server", "-550"],
        ]
      )
      #expect(parts[8] == "1 2 email upsert")
    }
  }

  /// Returns the files that Python's zipfile reads, or nil without Python.
  private static func python(_ path: String) throws -> String? {
    let script = """
      import json, sys, zipfile
      z = zipfile.ZipFile(sys.argv[1])
      data = json.loads(z.read("data.json"))
      text = lambda name: z.read(name).decode()
      print("\\x1f".join([" ".join(z.namelist()), str(z.testzip()), text("customer.csv"),
        text("order_items.csv"), text("consent.csv"), " ".join(sorted(data)),
        text("checkouts.csv"), text("suppressions.csv"),
        "%d %d" % (len(data["checkouts"]), len(data["suppressions"]))
        + " %(field)s %(setBy)s" % [p for p in data["provenance"] if p["field"] == "email"][0]]),
        end="")
      """
    guard let python = Tool.find("python3") else { return nil }
    let outcome = try Tool.run(python, ["-X", "utf8", "-c", script, path])
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome.text
  }
}

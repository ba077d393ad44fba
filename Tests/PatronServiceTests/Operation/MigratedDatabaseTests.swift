import Foundation
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests that a database of schema version 9 opens, migrates and gives the same answers, except for
/// the listed differences. `Tests/Field/version-9/make` made it with the programs of that version.
struct MigratedDatabaseTests {
  @Test func answersAsItDid() async throws {
    try await Shop.open(database: FieldFiles.path("version-9/patron.db")) { shop in
      // The same work as at the start of the server.
      try TermsRebuild.run(shop.store)
      try OrderRebuild.run(shop.store, clock: .system)
      try PhoneRewrite.run(shop.store, clock: .system)
      var found: Set<String> = []
      for cells in FieldFiles.lines("version-9/answers.tsv") {
        let (method, request) = (cells[0], cells[1])
        let before = try Self.leaves(of: cells[2])
        let now = try Self.leaves(of: try await answer(method, request, shop))
        for path in Set(before.keys).union(now.keys) where before[path] != now[path] {
          let (old, new) = (before[path] ?? "-", now[path] ?? "-")
          found.insert("\(method)\t\(request)\t\(path)\t\(old)\t\(new)")
        }
      }
      let expected = Set(
        FieldFiles.lines("version-9/differences.tsv").map { $0.joined(separator: "\t") }
      )
      #expect(found.subtracting(expected).sorted() == [])
      #expect(expected.subtracting(found).sorted() == [])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  private func answer(_ method: String, _ request: String, _ shop: Shop) async throws -> String {
    func call<Request: Message, Response: Message>(
      _ descriptor: MethodDescriptor<Request, Response>
    ) async throws -> String {
      try await shop.client.call(descriptor, try Request(json: request), CallOptions()).json()
    }
    switch method {
    case "GetCustomer": return try await call(CustomerService.getCustomer)
    case "GetTimeline": return try await call(TimelineService.getTimeline)
    case "ListConsentHistory": return try await call(CustomerService.listConsentHistory)
    case "ListOrders": return try await call(TimelineService.listOrders)
    case "GetAddressStatus": return try await call(CustomerService.getAddressStatus)
    case "ListCustomers": return try await call(CustomerService.listCustomers)
    case "CountCustomers": return try await call(CustomerService.countCustomers)
    default: return try await call(CustomerService.getStoreSettings)
    }
  }

  /// Returns the leaves of a JSON text by their paths.
  private static func leaves(of json: String) throws -> [String: String] {
    var leaves: [String: String] = [:]
    func walk(_ value: Any, _ path: String) {
      if let fields = value as? [String: Any] {
        for (name, field) in fields { walk(field, path.isEmpty ? name : "\(path).\(name)") }
      } else if let items = value as? [Any] {
        for (index, item) in items.enumerated() { walk(item, "\(path)[\(index)]") }
      } else {
        leaves[path] = "\(value)"
      }
    }
    walk(try JSONSerialization.jsonObject(with: Data(json.utf8)), "")
    return leaves
  }
}

import PatronModel
import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

extension Shop {
  /// Calls ExportCustomers and joins the chunks.
  func export(
    in storeID: String = "",
    _ adjust: (inout ExportCustomersRequest) -> Void = { _ in }
  ) async throws -> (text: String, rows: Int64) {
    var request = ExportCustomersRequest.with { $0.storeID = storeID }
    adjust(&request)
    var bytes: [UInt8] = []
    var rows: Int64 = 0
    for try await part in try await customers.exportCustomers(request) {
      bytes += part.data
      rows = part.rows
    }
    return (String(decoding: bytes, as: UTF8.self), rows)
  }

  /// Calls ExportCustomers and returns rows of cells, without escapes.
  func exportTable(
    in storeID: String = "",
    _ adjust: (inout ExportCustomersRequest) -> Void = { _ in }
  ) async throws -> [[String]] {
    try Self.table(try await export(in: storeID, adjust).text)
  }

  static func table(_ text: String) throws -> [[String]] {
    var parser = CSVParser()
    parser.add(Array(text.utf8))
    parser.finish()
    var rows: [[String]] = []
    while let row = try parser.next() {
      rows.append(
        row.cells.map {
          String(decoding: $0.dropFirst(CSVSafety.escapeCount($0)), as: UTF8.self)
        }
      )
    }
    return rows
  }

  /// Calls ImportCustomers.
  @discardableResult
  func `import`(
    _ items: [ImportItem],
    in storeID: String = "",
    policy: ConsentPolicy = .unspecified,
    _ adjust: (inout ImportCustomersRequest) -> Void = { _ in }
  ) async throws -> ImportCustomersResponse {
    var request = ImportCustomersRequest.with {
      $0.storeID = storeID
      $0.items = items
      $0.consentPolicy = policy
    }
    adjust(&request)
    return try await customers.importCustomers(request)
  }
}

extension ImportItem {
  /// Creates an item of a customer by external id, with consent to SMS marketing.
  static func of(
    _ id: String,
    sms state: PatronProto.ConsentState? = nil,
    at seconds: Int64? = nil,
    by actor: ActorKind = .unspecified,
    _ adjust: (inout CustomerInput) -> Void = { _ in }
  ) -> ImportItem {
    .with {
      $0.customer = .with {
        $0.externalID = id
        $0.email = "\(id)@example.com"
        adjust(&$0)
      }
      guard let state else { return }
      $0.subscriptions = [
        .with {
          $0.channel = .sms
          $0.state = state
          $0.changedAt = seconds.map { .at($0) }
          $0.changedBy = actor
        }
      ]
    }
  }
}

extension Customer {
  /// The state of SMS marketing.
  var smsState: PatronProto.ConsentState {
    subscriptions.first { $0.channel == .sms && $0.topic == .marketing }?.state ?? .unspecified
  }
}

import Foundation
import PatronClient

import struct PatronModel.ZoneRules

@testable import patron

extension FakeServer {
  /// A server that accepts all customers and suppressions, and warns about customers with this
  /// external id.
  static func importer(warning: String? = nil) -> FakeServer {
    let server = FakeServer()
    server.on(CustomerService.importCustomers) { request in
      .with {
        $0.results = request.items.map { item in
          .with {
            $0.outcome = .created
            guard let warning, item.customer?.externalID == warning else { return }
            $0.warnings = [
              .with {
                $0.reason = "CONSENT_KEPT"
                $0.field = "subscriptions.email.marketing"
                $0.message = "The customer is known."
                $0.rule = "RULE"
                $0.given = "x"
              }
            ]
          }
        }
      }
    }
    server.on(CustomerService.importSuppressions) { request in
      .with { $0.results = request.suppressions.map { _ in .with { $0.outcome = .updated } } }
    }
    return server
  }

  /// The customers of all calls.
  var imported: [ImportItem] {
    get throws {
      try requests(ImportCustomersRequest.self, "ImportCustomers").flatMap(\.items)
    }
  }
}

extension ImportItem {
  /// Returns the marketing subscription of a channel.
  func consent(_ channel: ContactChannel) -> PatronProto.Subscription? {
    subscriptions.first { $0.channel == channel && $0.topic == .marketing }
  }
}

extension GoogleProtobuf.Timestamp {
  /// Parses a time as users write it.
  static func of(_ text: String) -> GoogleProtobuf.Timestamp? {
    try? Times(zone: .utc).timestamp(of: TimeArgument(text))
  }
}

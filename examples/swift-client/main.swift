import Foundation
import PatronClient

let address = ProcessInfo.processInfo.environment["PATRON_ADDRESS"] ?? "127.0.0.1:7420"

/// Creates or updates a customer, her agreement to e-mails, and an order.
func record(_ patron: PatronClient) async throws {
  let upsert = try await patron.customers.upsertCustomer(
    .with {
      $0.customer = .with {
        $0.externalID = "42"
        $0.email = "ada@example.com"
        $0.firstName = "Ada"
      }
    }
  )
  print("customer 42: \(upsert.outcome)")
  for warning in upsert.warnings { print("\(warning.reason): \(warning.message)") }

  _ = try await patron.customers.subscribeCustomer(
    .with {
      $0.customer = .with { $0.externalID = "42" }
      $0.channels = [.email]
      $0.evidence = .with {
        $0.source = "checkout_form"
        $0.occurredAt = GoogleProtobuf.Timestamp(.now)
      }
      $0.actor = .customer
    }
  )

  _ = try await patron.timeline.syncOrder(
    .with {
      $0.customer = .with { $0.externalID = "42" }
      $0.order = .with {
        $0.externalID = "1001"
        $0.placedAt = GoogleProtobuf.Timestamp(.now)
        $0.total = Decimal(string: "49.90").flatMap { Money(exactly: $0, currency: "EUR") }
      }
    }
  )
}

/// Returns a customer, or nil where the store has none with this identifier.
func find(_ externalID: String, _ patron: PatronClient) async throws -> Customer? {
  let request = GetCustomerRequest.with { $0.customer = .externalID(externalID) }
  do {
    return try await patron.customers.getCustomer(request).customer
  } catch {
    guard error.reason == PatronReason.customerNotFound else { throw error }
    return nil
  }
}

/// Prints all customers; the pages are requested one by one.
func list(_ patron: PatronClient) async throws {
  let request = ListCustomersRequest.with { $0.pageSize = 100 }
  for try await customer in patron.pages(CustomerService.listCustomers, request).items {
    print("\(customer.externalID ?? "-") \(customer.email ?? "-")")
  }
}

/// Prints events from the first one on, as they are recorded, and ends with an order.
func watch(_ patron: PatronClient) async throws {
  // 1 is before the oldest event; a program that starts again passes its last `sequence`.
  for try await change in patron.timeline.watch(.with { $0.afterSequence = 1 }) {
    guard let event = change.event else { continue }
    if let amount = event.amount, let decimal = amount.decimal {
      print("\(event.type) \(decimal) \(amount.currencyCode)")
    } else {
      print(event.type)
    }
    if event.type == "order_placed" { return }
  }
}

do {
  try await withPatronClient(address: address) { patron in
    try await record(patron)
    try await list(patron)
    try await watch(patron)
    if try await find("43", patron) == nil { print("no customer 43") }
  }
} catch let error as RPCError {
  print("\(error.code): \(error.message)")
  for violation in error.violations { print("\(violation.field): \(violation.reason)") }
  exit(1)
}

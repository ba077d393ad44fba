import Glibc
import PatronClient

/// A writer that notes the time of each answer, on the clock of the shim's log.
struct PowerCutClient: Sendable {
  private let client: PatronClient

  init(_ server: PatronServer) throws { client = try server.client() }

  func close() async { await client.close() }

  /// Makes `count` writes one after the other: every fourth one a customer, the others events.
  func write(as writer: Int, count: Int) async throws -> [String] {
    var acks: [String] = []
    for number in 0..<count {
      let customer = "cut-\(writer)-\(number / 4)"
      let input = CustomerInput.with {
        $0.externalID = customer
        $0.email = "\(customer)@example.com"
      }
      if number % 4 == 0 {
        _ = try await client.customers.upsertCustomer(.with { $0.customer = input })
        acks.append("\(Self.nanoseconds()) customer \(customer)")
      } else {
        let event = "event-\(writer)-\(number)"
        _ = try await client.timeline.recordEvent(
          .with {
            $0.customer = input
            $0.event = .with {
              $0.eventID = event
              $0.source = .thirdParty
              $0.sourceName = "cut"
              $0.type = "tick"
            }
          }
        )
        acks.append("\(Self.nanoseconds()) event \(event)")
      }
    }
    return acks
  }

  /// Returns CLOCK_MONOTONIC in nanoseconds.
  private static func nanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

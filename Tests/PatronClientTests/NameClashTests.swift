import Foundation
import NIOCore
import PatronClient
import Testing

/// Names that programs use beside the client. The file compiles only while none is ambiguous.
struct NameClashTests {
  private static let types: [Any.Type] = [
    // Foundation
    Bundle.self, Calendar.self, Data.self, Date.self, DateComponents.self, DateInterval.self,
    Decimal.self, Locale.self, Measurement<Unit>.self, Notification.self, Operation.self,
    Process.self, TimeZone.self, URL.self, UUID.self,
    // Swift and its concurrency
    (any Actor).self, (any Clock).self, Duration.self, (any Error).self, Result<Int, Never>.self,
    Task<Int, Never>.self, (any Sequence).self,
    // SwiftNIO
    ByteBuffer.self, (any Channel).self, (any EventLoop).self, EventLoopFuture<Int>.self,
    TimeAmount.self,
  ]

  @Test func namesOfOtherModulesAreTheirs() {
    #expect(Self.types.contains { $0 == Foundation.Date.self })
    #expect(Self.types.contains { $0 == (any Swift.Actor).self })
    #expect(Self.types.contains { $0 == (any NIOCore.Channel).self })
  }

  @Test func renamedTypesKeepTheirNamesInTheContract() {
    #expect(CalendarDate.protoName == "patron.v1.Date")
    #expect(ActorKind.customer.description == "ACTOR_CUSTOMER")
    #expect(ContactChannel.sms.description == "CHANNEL_SMS")
  }
}

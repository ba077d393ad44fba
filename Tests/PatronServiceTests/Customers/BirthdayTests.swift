import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of birthdays. The clock stands at 2026-05-31T23:30:00Z.
struct BirthdayTests {
  private static let now: Int64 = 1_780_270_200_000_000

  private func open(_ body: (Shop) async throws -> Void) async throws {
    try await Shop.open(clock: WallClock { Self.now }, body)
  }

  private static func date(_ year: Int32, _ month: Int32, _ day: Int32) -> CalendarDate {
    .with {
      $0.year = year
      $0.month = month
      $0.day = day
    }
  }

  @Test(arguments: [
    (date(1899, 12, 31), "BIRTHDAY_TOO_EARLY"), (date(1900, 1, 1), nil),
    (date(2026, 6, 1), nil), (date(2026, 6, 2), "BIRTHDAY_IN_FUTURE"),
    (date(2023, 2, 29), "DATE_INVALID"), (date(0, 5, 31), "DATE_INVALID"),
    (date(1984, 2, 29), nil),
  ])
  func bothSidesOfEveryLimit(birthday: CalendarDate, reason: String?) async throws {
    try await open { shop in
      func upsert() async throws -> Customer? {
        try await shop.upsert {
          $0.email = "ada@example.com"
          $0.birthday = birthday
        }.customer
      }
      if let reason {
        let broken = try await violations { try await upsert() }
        #expect(broken == [Broken("customer.birthday", reason)])
      } else {
        let stored = try await upsert()?.birthday
        #expect(stored == birthday)
      }
    }
  }

  @Test func anEmptyDateClears() async throws {
    try await open { shop in
      try await shop.upsert {
        $0.email = "ada@example.com"
        $0.birthday = Self.date(1984, 2, 29)
      }
      let answer = try await shop.upsert {
        $0.email = "ada@example.com"
        $0.birthday = CalendarDate()
      }
      #expect(answer.changedFields == ["birthday"] && answer.customer?.birthday == nil)
    }
  }

  @Test func theFilterFindsThePresentMonthOfTheStoresZone() async throws {
    try await open { shop in
      for (id, month) in [("april", 4), ("may", 5), ("june", 6)] as [(String, Int32)] {
        try await shop.upsert {
          $0.externalID = id
          $0.email = "\(id)@example.com"
          $0.birthday = Self.date(1990, month, 1)
        }
      }
      #expect(try await shop.found(["birthday": ["this_month"]]) == ["may"])
      _ = try await shop.customers.updateStoreSettings(
        .with { $0.settings = .with { $0.timeZone = "Asia/Kolkata" } }
      )
      #expect(try await shop.found(["birthday": ["this_month"]]) == ["june"])
    }
  }

  @Test func aLoyaltyEventFillsItAndReplacesNone() async throws {
    try await open { shop in
      func join(_ id: String, _ birthday: CalendarDate) async throws {
        try await shop.record(
          of: {
            $0.externalID = "c1"
            $0.birthday = birthday
          },
          {
            $0.source = .product
            $0.type = "points_earned"
            $0.eventID = id
            $0.properties["points"] = .with { $0.kind = .int64Value(5) }
          }
        )
      }
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "ada@example.com"
      }
      try await join("e1", Self.date(1984, 2, 29))
      try await join("e2", Self.date(1985, 3, 1))
      #expect(
        try await shop.customer(.externalID("c1")).birthday == Self.date(1984, 2, 29)
      )
    }
  }
}

import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TestKit
import Testing

@testable import PatronCore

/// Tests of the search in encoded events, against a search in the fields of the decoded event.
struct TextNeedleTests {
  /// Returns all texts of an event that a search looks at.
  private static func texts(of event: Event, _ title: String?) -> [String] {
    var texts = [event.title.isEmpty ? title ?? "" : event.title, event.type]
    if let references = event.references {
      texts += [
        references.orderExternalID, references.campaignID, references.campaignName,
        references.flowID, references.messageID, references.productID, references.checkoutToken,
        references.reviewID,
      ]
    }
    for (name, value) in event.properties { texts += [name, text(of: value)] }
    return texts
  }

  private static func text(of value: PatronProto.PropertyValue) -> String {
    switch value.kind {
    case .stringValue(let text): return text
    case .boolValue(let flag): return String(flag)
    case .int64Value(let number): return String(number)
    case .doubleValue(let number): return String(number)
    case .timestampValue(let time):
      return (try? PatronModel.Timestamp(seconds: time.seconds, nanos: time.nanos).rfc3339) ?? ""
    case .dateValue(let date):
      return CivilDate(year: Int(date.year), month: Int(date.month), day: Int(date.day))
        .map(\.iso8601) ?? ""
    case nil: return ""
    }
  }

  private static func occurs(_ needle: String, in event: Event, _ title: String?) -> Bool {
    let needle = CaseFolding.folded(needle)
    return texts(of: event, title).contains { text in
      let folded = Array(CaseFolding.folded(text).utf8)
      guard folded.count >= needle.utf8.count else { return false }
      return (0...folded.count - needle.utf8.count).contains {
        folded[$0..<$0 + needle.utf8.count].elementsEqual(needle.utf8)
      }
    }
  }

  private static let words = [
    "", "a", "Parcel", "GRÜSSE", "Köln", "e\u{301}", "İ", "true", "2024", "7", "-", "e", "日本",
    "Spring Sale", "o1",
  ]

  private static func word(_ random: inout SeededRandom) -> String {
    (0...random.below(3)).map { _ in words[random.below(words.count)] }.joined()
  }

  private static func value(_ random: inout SeededRandom) -> PatronProto.PropertyValue {
    var value = PatronProto.PropertyValue()
    switch random.below(7) {
    case 0: value.kind = .boolValue(random.coin())
    case 1: value.kind = .int64Value(Int64(random.below(4000)) - 2000)
    case 2: value.kind = .doubleValue(Double(random.below(100)) / 8 * (random.coin() ? 1e20 : -1))
    case 3:
      value.kind = .timestampValue(
        .with {
          $0.seconds = 1_700_000_000 + Int64(random.below(1_000_000))
          $0.nanos = random.coin() ? 500_000_000 : 0
        }
      )
    case 4:
      value.kind = .dateValue(
        .with {
          $0.year = 2020 + Int32(random.below(5))
          $0.month = 1 + Int32(random.below(12))
          $0.day = 1 + Int32(random.below(28))
        }
      )
    case 5: value.kind = .stringValue(word(&random))
    default: break
    }
    return value
  }

  private static func event(_ random: inout SeededRandom) -> Event {
    var event = Event()
    event.id = Int64(random.below(1000))
    event.customerID = 2024
    event.sourceName = "parcel_app"
    event.type = random.coin() ? "sms_sent" : word(&random)
    if random.coin() { event.title = word(&random) }
    if random.coin() {
      var references = EventReferences()
      references.orderExternalID = word(&random)
      references.campaignName = word(&random)
      references.reviewID = word(&random)
      event.references = references
    }
    for _ in 0..<random.below(4) { event.properties[word(&random)] = value(&random) }
    return event
  }

  @Test(arguments: SeededRandom.seeds(1...20))
  func findsWhatTheDecodedEventHas(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for _ in 0..<100 {
      let event = Self.event(&random)
      let body = try event.encoded()
      let title: String? = random.coin() ? Self.word(&random) : nil
      for _ in 0..<10 {
        let text = Self.word(&random)
        guard let needle = TextNeedle(text) else { continue }
        let isFound = try needle.occurs(inStored: body.span.bytes) { title }
        #expect(
          isFound == Self.occurs(text, in: event, title),
          "seed \(seed): \(text.debugDescription) in \(event)"
        )
      }
    }
  }

  @Test func bytesThatAreNoEventAreDamage() throws {
    let needle = try #require(TextNeedle("parcel"))
    let damaged: [[UInt8]] = [[0xFF], [0x12, 0x03, 0xC3, 0x28, 0x0A], [0x7A, 0x02, 0xFF, 0xFF]]
    for bytes in damaged {
      #expect(throws: StoreError.self) {
        try needle.occurs(inStored: bytes.span.bytes) { nil }
      }
    }
  }

  @Test func theEmptyFragmentDoesNotFilter() { #expect(TextNeedle("") == nil) }
}

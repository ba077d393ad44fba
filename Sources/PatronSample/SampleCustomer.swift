internal import PatronCore
internal import PatronProto
internal import ProtobufC

/// Invented customers. They cover every writable field, every type of property, both flags, and
/// text that is hard on tools.
enum SampleCustomer {
  private static let firstNames = [
    "Ada", "Björn", "Chloé", "Dmitri", "Elif", "Farah", "Grace", "Haruka", "Inés", "Jürgen",
    "Kofi", "Léa", "Mateo", "Nadia", "Oluwaseun", "Priya", "Quinn", "Rosa", "Søren", "Tove",
  ]
  private static let lastNames = [
    "Abbott", "Bauer", "Costa", "D'Angelo", "Eriksson", "Fischer", "García", "Hughes", "Ivanov",
    "Jensen", "Kowalski", "Larsen", "Müller", "Novák", "O'Brien", "Pereira", "Rossi", "Silva",
    "Tanaka", "Weber",
  ]
  private static let hardNames = [
    "=1+1", "'=x", "\"a,b\"", "a,\"b\"\r\nc", "🛍️ Zoë 👩‍👩‍👧", "-2+3", "@home", "''", "a\tb; \\",
  ]
  private static let cities = [
    ("Berlin", "DE"), ("Paris", "FR"), ("Lisboa", "PT"), ("Chicago", "US"), ("Osaka", "JP"),
    ("São Paulo", "BR"), ("London", "GB"), ("Malmö", "SE"),
  ]
  private static let tags = ["vip", "gold", "newsletter", "wholesale", "returning", "press"]
  private static let currencies = ["EUR", "USD", "GBP", "JPY", "BRL"]
  private static let languages = ["en", "de-DE", "fr", "pt_BR", "ja", "es"]
  private static let statuses = ["enabled", "disabled", "invited", "declined"]

  /// Returns the customer with this number.
  static func make(_ number: Int, _ random: inout SplitMix) -> CustomerInput {
    let digits = String(number)
    let padded = String(repeating: "0", count: max(0, 7 - digits.count)) + digits
    let hasPhone = number % 3 != 0
    return .with { input in
      input.externalID = "g\(padded)"
      if number % 5 != 0 || !hasPhone { input.email = "g\(padded)@shop.example.com" }
      if hasPhone { input.phoneNumber = "+1555\(padded)" }
      input.firstName = pick(firstNames, &random)
      // Takes the hard names in turn.
      if number % 25 == 7 { input.firstName = hardNames[number / 25 % hardNames.count] }
      input.lastName = pick(lastNames, &random)
      addAccount(number, &input, &random)
      addAddress(number, &input, &random)
      addProperties(number, &input, &random)
      if number % 2 == 0 { input.acceptsSMSMarketing = number % 4 == 0 }
      if number % 3 == 0 { input.acceptsEmailMarketing = number % 6 == 0 }
    }
  }

  private static func addAccount(
    _ number: Int,
    _ input: inout CustomerInput,
    _ random: inout SplitMix
  ) {
    for attribute in CustomerAttribute.all where attribute.exampleCount > 0 && number % 4 != 1 {
      attribute.setExample(number / 4, &input)
    }
    if number % 3 != 2 {
      input.accountStatus = pick(statuses, &random)
      input.accountCreatedAt = .with {
        $0.seconds = Int64.random(in: 1_300_000_000..<1_760_000_000, using: &random)
      }
    }
    input.defaultLanguage = pick(languages, &random)
    input.defaultCurrency = pick(currencies, &random)
    if number % 2 == 1 {
      input.tags = tags.shuffled(using: &random).prefix(1 + number % 3).joined(separator: ", ")
    }
  }

  private static func addAddress(
    _ number: Int,
    _ input: inout CustomerInput,
    _ random: inout SplitMix
  ) {
    guard number % 5 != 3 else { return }
    let (city, country) = pick(cities, &random)
    input.address = .with {
      $0.address1 = "\(Int.random(in: 1...199, using: &random)) Example Street"
      $0.city = city
      $0.countryCode = country
      $0.zip = String(Int.random(in: 10_000...99_999, using: &random))
      guard number % 10 == 0 else { return }
      $0.address2 = "Floor \(number % 9)"
      $0.company = "Example & Sons, Ltd."
      $0.state = "Example State"
      $0.provinceCode = "EX"
      $0.phoneNumber = "+15550000000"
    }
  }

  private static func addProperties(
    _ number: Int,
    _ input: inout CustomerInput,
    _ random: inout SplitMix
  ) {
    guard number % 4 == 0 else { return }
    input.customProperties["favourite"] = .with { $0.kind = .stringValue("item \(number % 97)") }
    input.customProperties["visits"] = .with {
      $0.kind = .int64Value(Int64.random(in: 0...500, using: &random))
    }
    guard number % 8 == 0 else { return }
    input.customProperties["score"] = .with { $0.kind = .doubleValue(Double(number % 1000) / 8) }
    input.customProperties["beta"] = .with { $0.kind = .boolValue(number % 16 == 0) }
    input.customProperties["birthday"] = .with {
      $0.kind = .dateValue(
        .with {
          $0.year = Int32(1950 + number % 55)
          $0.month = Int32(1 + number % 12)
          $0.day = Int32(1 + number % 28)
        }
      )
    }
    input.customProperties["last_visit"] = .with {
      $0.kind = .timestampValue(.with { $0.seconds = 1_700_000_000 + Int64(number) })
    }
  }

  /// The types of the invented events, of all three sources.
  private static let types: [(EventSource, String, String)] = [
    (.ecommerce, "", "product_viewed"), (.ecommerce, "", "checkout_started"),
    (.product, "", "email_sent"), (.product, "", "sms_sent"), (.product, "", "review_created"),
    (.thirdParty, "helpdesk", "ticket_created"), (.thirdParty, "quiz_app", "quiz_completed"),
  ]

  /// Returns an event of a customer in the two years before 2026.
  static func event(
    _ index: Int,
    of number: Int,
    _ random: inout SplitMix
  ) -> EventInput {
    let (source, name, type) = pick(types, &random)
    return .with {
      $0.eventID = "g\(number)-\(index)"
      $0.source = source
      $0.sourceName = name
      $0.type = type
      $0.occurredAt = .with {
        $0.seconds = Int64.random(in: 1_704_067_200..<1_767_225_600, using: &random)
      }
      $0.properties["note"] = .with { $0.kind = .stringValue("made-up event \(index)") }
      switch type {
      case "product_viewed": $0.references = .with { $0.productID = "p\(number % 97)" }
      case "checkout_started": $0.references = .with { $0.checkoutToken = "k\(number)-\(index)" }
      case "review_created": $0.references = .with { $0.reviewID = "r\(number)-\(index)" }
      default: break
      }
    }
  }

  private static func pick<Element>(_ list: [Element], _ random: inout SplitMix) -> Element {
    list[Int.random(in: 0..<list.count, using: &random)]
  }
}

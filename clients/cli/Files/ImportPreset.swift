import ArgumentParser
import PatronModel

/// The programs whose exports can be imported unchanged.
enum ImportPreset: String, CaseIterable, ExpressibleByArgument, Sendable {
  case shopify, woocommerce, klaviyo, mailchimp

  /// The name of the program.
  var title: String {
    switch self {
    case .shopify: "Shopify"
    case .woocommerce: "WooCommerce"
    case .klaviyo: "Klaviyo"
    case .mailchimp: "Mailchimp"
    }
  }

  /// Returns the layout of a file with this header, in lower case, and this name.
  func layout(_ names: [String], fileName: String) -> ImportLayout {
    switch self {
    case .shopify: .shopify
    case .woocommerce: .wooCommerce
    case .klaviyo: .klaviyo
    case .mailchimp: .mailchimp(.init(names, fileName: fileName))
    }
  }

  /// Returns the program that most likely exported a header, by columns that only its files have.
  static func likely(_ names: [String]) -> ImportPreset? {
    let marks: [(ImportPreset, [String])] = [
      (.shopify, ["accepts email marketing", "default address city"]),
      (.klaviyo, ["klaviyo id", "email marketing consent"]),
      (.mailchimp, ["member_rating", "leid"]), (.woocommerce, ["billing_first_name", "aov"]),
    ]
    return marks.first { $0.1.contains(where: names.contains) }?.0
  }
}

/// The layout of another program's export.
struct ImportLayout: Sendable {
  /// Columns that are read unchanged, by their names in lower case. If several names stand for one
  /// column, the first that the file has is used.
  var columns: [(name: String, column: CustomerColumn)]
  /// Columns that ``values`` reads.
  var special: Set<String> = []
  /// Columns that ``values`` may return.
  var gives: Set<CustomerColumn> = []
  /// Columns that are ignored; `leftOutPrefixes` holds the beginnings of further names.
  var leftOut: Set<String>
  var leftOutPrefixes: [String] = []
  /// A remark for the user about the file.
  var remark: String?
  /// Returns the values of a row's special columns.
  var values: @Sendable (ImportCells) throws -> [(CustomerColumn, String)] = { _ in [] }
  /// Returns unknown words of the special columns, for which a cautious value was assumed.
  var unknownWords: @Sendable (ImportCells) -> [(CustomerColumn, String)] = { _ in [] }

  /// Returns true if the layout has a column of this name.
  func knows(_ name: String) -> Bool {
    leftOut.contains(name) || special.contains(name) || columns.contains { $0.name == name }
      || leftOutPrefixes.contains(where: name.hasPrefix)
  }

  fileprivate static func fields(
    _ pairs: KeyValuePairs<String, CustomerField>
  ) -> [(name: String, column: CustomerColumn)] {
    pairs.map { ($0.key, .field($0.value)) }
  }
}

/// The cells of a row that a layout reads itself.
struct ImportCells {
  let places: [String: Int]
  let cells: [String]

  /// Returns the cell of a column, or nil if it is missing or empty.
  subscript(_ name: String) -> String? {
    guard let index = places[name], cells.indices.contains(index) else { return nil }
    let text = cells[index].trimmingSpace()
    return text.isEmpty ? nil : text
  }
}

extension ImportLayout {
  /// Customers > Export, in the current layout and the one before. The two marketing columns are
  /// flags.
  fileprivate static let shopify = ImportLayout(
    columns: fields([
      "customer id": .externalID, "first name": .firstName, "last name": .lastName,
      "email": .email, "phone": .phoneNumber, "accepts email marketing": .acceptsEmailMarketing,
      "accepts marketing": .acceptsEmailMarketing, "accepts sms marketing": .acceptsSMSMarketing,
      "default address company": .company, "default address address1": .address1,
      "default address address2": .address2, "default address city": .city,
      "default address province code": .provinceCode,
      "default address country code": .countryCode, "default address zip": .zip,
      "default address phone": .addressPhoneNumber, "company": .company, "address1": .address1,
      "address2": .address2, "city": .city, "province": .state, "province code": .provinceCode,
      "country code": .countryCode, "zip": .zip, "tags": .tags,
    ]),
    leftOut: [
      "country", "total spent", "total orders", "note", "tax exempt", "tax exemptions",
      "accepts whatsapp marketing",
    ]
  )

  /// Analytics > Customers > Download, Customer/Order/Coupon Export, and Import Export Suite.
  fileprivate static let wooCommerce = ImportLayout(
    columns: fields([
      "first_name": .firstName, "billing_first_name": .firstName, "last_name": .lastName,
      "billing_last_name": .lastName, "email": .email, "user_email": .email,
      "customer_email": .email, "billing_email": .email, "billing_phone": .phoneNumber,
      "phone": .phoneNumber, "sign up": .accountCreatedAt, "date_registered": .accountCreatedAt,
      "user_registered": .accountCreatedAt, "billing_company": .company,
      "billing_address_1": .address1, "billing_address_2": .address2, "billing_city": .city,
      "city": .city, "billing_state_code": .provinceCode, "billing_state": .state,
      "region": .state, "billing_postcode": .zip, "postal code": .zip,
      "billing_country": .countryCode, "country / region": .countryCode, "locale": .locale,
    ]),
    special: ["name", "customer_id", "mailchimp_woocommerce_is_subscribed"],
    gives: [.field(.externalID), .field(.firstName), .field(.lastName)],
    leftOut: [
      "id", "username", "last active", "orders", "total spend", "aov", "user_login", "user_pass",
      "user_nicename", "user_url", "user_status", "display_name", "nickname", "description",
      "roles", "order_count", "total_spent", "billing_full_name", "last_update", "customer_note",
      "is_paying_customer", "wp_user_level",
    ],
    leftOutPrefixes: ["shipping_", "meta:", "session_", "wc_"],
    values: { cells in
      var values: [(CustomerColumn, String)] = []
      // Guests have the number 0.
      if let id = cells["customer_id"], id != "0" { values.append((.field(.externalID), id)) }
      if let name = cells["name"] {
        let parts = name.split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init)
        values += zip([CustomerField.firstName, .lastName], parts).map { (.field($0), $1) }
      }
      switch cells["mailchimp_woocommerce_is_subscribed"] {
      case "1": values.append((.field(.acceptsEmailMarketing), "true"))
      case "0": values.append((.field(.acceptsEmailMarketing), "false"))
      default: break
      }
      return values
    }
  )
}

// MARK: - Klaviyo

extension ImportLayout {
  /// Lists & Segments > Export to CSV.
  fileprivate static let klaviyo = ImportLayout(
    columns: fields([
      "external id": .externalID, "email": .email, "phone number": .phoneNumber,
      "first name": .firstName, "last name": .lastName, "organization": .company,
      "address": .address1, "address 1": .address1, "address 2": .address2, "city": .city,
      "state / region": .state, "region": .state, "country": .countryCode, "zip code": .zip,
      "zip": .zip, "locale": .locale,
    ]),
    special: [
      "email marketing consent", "email marketing consent timestamp", "email suppressions",
      "sms marketing consent", "sms marketing consent timestamp", "sms suppressions",
    ],
    leftOut: [
      "klaviyo id", "title", "latitude", "longitude", "timezone", "source", "ip address", "image",
      "historic customer lifetime value", "total customer lifetime value",
      "predicted customer lifetime value", "average order value", "historic number of orders",
      "predicted number of orders", "average days between orders", "churn risk prediction",
      "first active", "last active", "profile created on", "date added", "last open",
      "last click", "expected date of next order", "initial source", "last source",
    ],
    values: { cells in
      try Channel.allCases.flatMap { channel in
        try KlaviyoConsent(cells, channel).values(channel)
      }
    },
    unknownWords: { cells in
      Channel.allCases.flatMap { channel -> [(CustomerColumn, String)] in
        KlaviyoSuppression.list(cells, channel).filter { $0.reason == nil }
          .map { (CustomerColumn.suppression(channel, .reasons), $0.word) }
      }
    }
  )
}

/// The consent of one channel in a Klaviyo export. Some exports have the time of the agreement in
/// place of `SUBSCRIBED`. An opt-out among the suppressions takes precedence over an agreement.
private struct KlaviyoConsent {
  private var state: String?
  private var at: String?
  /// The reasons, with their times or empty strings.
  private var suppressions: [(reason: String, at: String)] = []

  init(_ cells: ImportCells, _ channel: Channel) throws {
    let name = KlaviyoSuppression.name(channel)
    at = cells["\(name) marketing consent timestamp"]
    if let consent = cells["\(name) marketing consent"] {
      try read(consent, "\(name) marketing consent")
    }
    for entry in KlaviyoSuppression.list(cells, channel) { add(entry) }
    if state == nil { at = nil }
  }

  private mutating func read(_ consent: String, _ name: String) throws {
    switch consent.uppercased().replacing(" ", with: "_") {
    case "SUBSCRIBED", "TRUE", "YES": state = "subscribed"
    case "UNSUBSCRIBED", "FALSE", "NO": state = "unsubscribed"
    case "NEVER_SUBSCRIBED": break
    default:
      if SuppressionWord.reason(consent) == "unsubscribed" {
        state = "unsubscribed"
        return
      }
      guard (try? TimeArgument(consent)) != nil else {
        throw LocalError(
          "\(name): expected SUBSCRIBED, UNSUBSCRIBED, NEVER_SUBSCRIBED or the time of the "
            + "agreement"
        )
      }
      state = "subscribed"
      at = at ?? consent
    }
  }

  private mutating func add(_ entry: KlaviyoSuppression) {
    guard entry.reason == "unsubscribed" else {
      let reason = entry.reason ?? "manual"
      if !suppressions.contains(where: { $0.reason == reason }) {
        suppressions.append((reason, entry.at ?? ""))
      }
      return
    }
    // The time beside an agreement belongs to the agreement, which the opt-out ended.
    if state != "unsubscribed" { at = entry.at }
    state = "unsubscribed"
  }

  func values(_ channel: Channel) -> [(CustomerColumn, String)] {
    var values: [(CustomerColumn, String)] = []
    if let state { values.append((.consent(channel, .marketing, .state), state)) }
    if let at { values.append((.consent(channel, .marketing, .changedAt), at)) }
    if !suppressions.isEmpty {
      let reasons = suppressions.map(\.reason)
      values.append((.suppression(channel, .reasons), CellList.joined(reasons)))
    }
    let times = suppressions.map(\.at)
    if times.contains(where: { !$0.isEmpty }) {
      values.append((.suppression(channel, .suppressedAt), CellList.joined(times)))
    }
    return values
  }
}

/// A word in the suppression list of a Klaviyo export: `[HARD_BOUNCE,UNSUBSCRIBE]`, `HARD_BOUNCE:
/// 2024-05-31T12:00:00Z`, or JSON objects with `reason` and `timestamp`.
private struct KlaviyoSuppression {
  var word: String
  /// The time, or nil if it is missing or malformed.
  var at: String?

  /// The reason in Patron's words; nil for an unknown word.
  var reason: String? { SuppressionWord.reason(word) }

  /// Returns the beginning of a channel's column names.
  static func name(_ channel: Channel) -> String { channel == .sms ? "sms" : "email" }

  static func list(_ cells: ImportCells, _ channel: Channel) -> [KlaviyoSuppression] {
    guard let cell = cells["\(name(channel)) suppressions"] else { return [] }
    return cell.split(separator: "}").flatMap { object($0) }
  }

  /// Returns the words of an object, or of a list without objects.
  private static func object(_ text: Substring) -> [KlaviyoSuppression] {
    var found: [KlaviyoSuppression] = []
    var time: String?
    for member in text.split(whereSeparator: { ",;|".contains($0) }) {
      let parts = member.split(separator: ":", maxSplits: 1).map { plain($0) }
      guard let first = parts.first, !first.isEmpty else { continue }
      let value = parts.count > 1 ? parts[1] : ""
      switch EnumArgument.underscored(first).lowercased() {
      case "reason", "type": found += words(value)
      case "timestamp", "time", "date", "created", "created_at", "suppressed_at":
        time = readable(value)
      default: found += words(first, readable(value))
      }
    }
    guard let time else { return found }
    return found.map { KlaviyoSuppression(word: $0.word, at: $0.at ?? time) }
  }

  /// Returns the words of a text: one word, unless only its parts are known.
  private static func words(_ text: String, _ time: String? = nil) -> [KlaviyoSuppression] {
    let parts = text.split(whereSeparator: \.isWhitespace).map(String.init)
    let isList =
      SuppressionWord.reason(text) == nil
      && parts.contains { SuppressionWord.reason($0) != nil }
    let words = isList ? parts : parts.isEmpty ? [] : [text]
    return words.map { KlaviyoSuppression(word: $0, at: time) }
  }

  private static func readable(_ text: String) -> String? {
    (try? TimeArgument(text)) == nil ? nil : text
  }

  /// Returns the text without surrounding brackets and quotes.
  private static func plain(_ text: Substring) -> String {
    let around: Set<Character> = ["[", "]", "{", "}", "(", ")", "\"", "'", " ", "\t", "\n"]
    var rest = text
    while let first = rest.first, around.contains(first) { rest.removeFirst() }
    while let last = rest.last, around.contains(last) { rest.removeLast() }
    return String(rest)
  }
}

// MARK: - Mailchimp

/// A file of a Mailchimp audience. Mailchimp writes one file for each state. Columns identify the
/// files of opt-outs and of bounced addresses; those of subscribers and of other contacts differ
/// only in their names.
private enum MailchimpFile {
  case subscribed, unsubscribed, cleaned, nonsubscribed, unknown

  init(_ names: [String], fileName: String) {
    let base = fileName.split(separator: "/").last.map { $0.lowercased() } ?? ""
    if names.contains("unsub_time") || base.hasPrefix("unsubscribed") {
      self = .unsubscribed
    } else if names.contains("clean_time") || base.hasPrefix("cleaned") {
      self = .cleaned
    } else if base.hasPrefix("nonsubscribed") {
      self = .nonsubscribed
    } else {
      self = base.hasPrefix("subscribed") ? .subscribed : .unknown
    }
  }
}

extension ImportLayout {
  /// Audience > Export: subscribed, unsubscribed, cleaned and nonsubscribed contacts.
  fileprivate static func mailchimp(_ file: MailchimpFile) -> ImportLayout {
    ImportLayout(
      columns: fields([
        "email address": .email, "email": .email, "first name": .firstName, "fname": .firstName,
        "last name": .lastName, "lname": .lastName, "phone number": .phoneNumber,
        "phone": .phoneNumber, "company": .company, "tags": .tags,
      ]),
      special: ["optin_time", "confirm_time", "unsub_time", "clean_time"],
      leftOut: [
        "address", "birthday", "member_rating", "optin_ip", "confirm_ip", "latitude", "longitude",
        "gmtoff", "dstoff", "timezone", "cc", "region", "last_changed", "leid", "euid", "notes",
        "unsub_campaign_title", "unsub_campaign_id", "unsub_reason", "unsub_reason_other",
        "clean_campaign_title", "clean_campaign_id", "status",
      ],
      remark: file == .unknown
        ? "note: the file does not state consent, so none is imported; Mailchimp names the file of "
          + "subscribers subscribed_..." : nil,
      values: { values(file, $0) }
    )
  }

  private static func values(
    _ file: MailchimpFile,
    _ cells: ImportCells
  ) -> [(CustomerColumn, String)] {
    func consent(_ part: ConsentColumn, _ text: String?) -> [(CustomerColumn, String)] {
      text.map { [(.consent(.email, .marketing, part), $0)] } ?? []
    }
    let agreed = cells["confirm_time"] ?? cells["optin_time"]
    switch file {
    case .subscribed: return consent(.state, "subscribed") + consent(.changedAt, agreed)
    case .unsubscribed:
      return consent(.state, "unsubscribed") + consent(.changedAt, cells["unsub_time"])
        + consent(.subscribedAt, agreed)
    case .cleaned:
      let at = cells["clean_time"]
      return [(.suppression(.email, .reasons), "hard_bounce")]
        + (at.map { [(.suppression(.email, .suppressedAt), $0)] } ?? [])
    case .nonsubscribed, .unknown: return []
    }
  }
}

/// The words of other programs for reasons of suppressions.
enum SuppressionWord {
  /// Returns the reason in Patron's words, or nil for an unknown word.
  static func reason(_ word: String) -> String? {
    switch EnumArgument.underscored(word).lowercased() {
    case "unsubscribe", "unsubscribed", "unsub", "opt_out", "optout", "opted_out", "optedout",
      "stop":
      "unsubscribed"
    case "hard_bounce", "bounce", "bounced", "hardbounce", "cleaned", "undelivered": "hard_bounce"
    case "soft_bounce", "softbounce": "soft_bounce"
    case "spam_complaint", "spam", "complaint", "complained", "marked_as_spam", "abuse",
      "spamreport", "spam_report":
      "spam_complaint"
    case "invalid_address", "invalid_email", "invalid", "invalid_phone", "landline":
      "invalid_address"
    case "carrier_block", "blocked", "carrier": "carrier_block"
    case "manual", "user_suppressed", "admin", "suppressed": "manual"
    case "policy": "policy"
    case "erasure", "erased", "gdpr": "erasure"
    default: nil
    }
  }
}

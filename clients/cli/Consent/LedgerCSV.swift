import PatronClient

/// The consent ledger as CSV, with all evidence.
enum LedgerCSV {
  private typealias Value = @Sendable (ConsentRecord, ConsentEvidence) -> String

  private static let columns: [(name: String, value: Value)] = [
    ("id", { record, _ in String(record.id) }),
    ("occurred_at", { record, _ in ValueText.instant(record.occurredAt) }),
    ("recorded_at", { record, _ in ValueText.instant(record.recordedAt) }),
    ("channel", { record, _ in word(record.channel) }),
    ("topic", { record, _ in word(record.topic) }),
    ("address", { record, _ in record.address }),
    ("action", { record, _ in word(record.action) }),
    ("previous_state", { record, _ in word(record.previousState) }),
    ("state", { record, _ in word(record.state) }),
    ("suppression_reason", { record, _ in word(record.suppressionReason) }),
    ("actor", { record, _ in word(record.actor) }),
    ("opt_in_level", { record, _ in word(record.optInLevel) }),
    ("source", { $1.source }), ("method", { word($1.method) }), ("ip", { $1.ip }),
    ("user_agent", { $1.userAgent }), ("page_url", { $1.pageURL }),
    ("consent_text", { $1.consentText }), ("consent_text_version", { $1.consentTextVersion }),
    ("form_id", { $1.formID }), ("jurisdiction", { $1.jurisdiction }),
    ("expires_at", { ValueText.instant($1.expiresAt) }), ("note", { $1.note }),
    ("address_hash", { record, _ in hex(record.addressHash) }),
    ("author_key_id", { record, _ in record.author?.keyID ?? "" }),
    ("author_on_behalf_of", { record, _ in record.author?.onBehalfOf ?? "" }),
  ]

  static var header: String { CSVText.line(columns.map(\.name)) }

  static func row(_ record: ConsentRecord) -> String {
    CSVText.line(columns.map { $0.value(record, record.evidence ?? ConsentEvidence()) })
  }

  /// Returns lower-case hexadecimal digits, as in the archive of a customer.
  static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  /// Returns the word that exports use for an enum value; empty if unspecified.
  private static func word<Word: CaseIterable & CustomStringConvertible>(_ value: Word) -> String {
    let text = ValueText.enumeration(value)
    return text == "unspecified" ? "" : text.replacing(" ", with: "_")
  }
}

/// The names that other programs and languages give the columns of a customer file. They are hints
/// for people: no column is imported by them.
enum ColumnSynonyms {
  /// Returns the column that a name most likely means, or nil if the name is unknown.
  static func column(_ name: String) -> CustomerColumn? { byName[key(name)] }

  /// Reduces a name to its letters and digits, in lower case.
  private static func key(_ name: String) -> String {
    String(
      String.UnicodeScalarView(
        name.lowercased().unicodeScalars.filter {
          $0.properties.isAlphabetic || $0.properties.numericType != nil
        }
      )
    )
  }

  private static let byName: [String: CustomerColumn] = {
    var columns: [String: CustomerColumn] = [:]
    let fields = CustomerField.allCases.map { (CustomerColumn.field($0), $0.synonyms) }
    for (column, names) in fields + consents {
      for name in names.split(separator: " ") { columns[key(String(name))] = column }
    }
    return columns
  }()

  private static let consents: [(CustomerColumn, String)] = [
    (
      .consent(.email, .marketing, .state),
      "emailmarketingconsent emailstatus emailmarketingstatus subscriptionstatus"
    ),
    (.consent(.sms, .marketing, .state), "smsmarketingconsent smsstatus smsmarketingstatus"),
    (
      .consent(.email, .marketing, .changedAt),
      "emailmarketingconsenttimestamp emailconsentdate optintime confirmtime subscribedate"
    ),
    (.consent(.sms, .marketing, .changedAt), "smsmarketingconsenttimestamp smsconsentdate"),
  ]
}

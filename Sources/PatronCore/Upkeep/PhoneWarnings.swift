internal import PatronModel
package import PatronStore

/// The phone numbers of an older version that could not be brought into their one form. They damage
/// nothing, but a person has to decide.
package enum PhoneWarnings {
  /// Returns warnings, one line each, with ids and no personal data.
  package static func run(_ transaction: ReadTransaction) throws -> [String] {
    var warnings: [String] = []
    try AllRecords(transaction).customers { store, row in
      guard let phone = row.phone else { return }
      guard let form = (try? PhoneNumber(phone))?.e164 else {
        return warnings.append(
          "customer \(row.id) of store \(store): no country has such a phone number; correct it"
        )
      }
      guard form != phone, let id = StoreID(store),
        let owner = try StoreReader(transaction, id).customerRow(.phone(form))
      else { return }
      warnings.append(
        "customer \(row.id) of store \(store): its phone number is another spelling of that of "
          + "customer \(owner.id); merge them, or change one"
      )
    }
    return warnings
  }
}

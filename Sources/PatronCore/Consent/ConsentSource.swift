/// Sources of consent that Patron itself names in ledger rows and suppressions.
enum ConsentSource {
  static let merge = "merge"
  static let unmerge = "unmerge"
}
